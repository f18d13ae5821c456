// A turn is a question and an answer in text. What text does not tell stands in its details: items that a
// client of the Responses or Conversations API gave (`input`, `output`), or messages of a chat completion
// (`asked`, `message`). From these, or else from the texts, a turn's items follow, always the same ones in
// the same order; so an item needs no id of its own but its turn and its place.
#include "chat/conversation_items.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/item_messages.hpp"
#include "chat/json_spans.hpp"
#include "chat/json_writer.hpp"
#include "chat/openai_ids.hpp"

namespace chatsync {
namespace {

using Members = std::vector<JsonMemberSpan>;

std::string at(std::string_view param, std::size_t index) {
  return std::string(param) + "[" + std::to_string(index) + "]";
}

std::unexpected<Error> expected(std::string what, std::string param) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", std::move(param));
}

std::unexpected<Error> unsupported(std::string message, std::string param) {
  return fail(ErrorKind::invalid_argument, std::move(message), "unsupported_value", std::move(param));
}

bool is_text(std::string_view value) { return value.starts_with('"'); }

void append_text_part(std::string& out, std::string_view role, std::string_view literal) {
  JsonWriter part(out);
  part.text("type", role == "assistant" ? "output_text" : "input_text").value("text", literal);
  if (role == "assistant") part.value("annotations", "[]");
  part.end();
}

/// Appends a part of a message's content. A model server can be told of images and files only in some ways.
Result<void> append_part(std::string& out, std::string_view part, std::string_view role,
                         const std::string& param) {
  const Members members = members_of(part);
  const std::string type = text_of(value_of(members, "type"));
  if (!part.starts_with('{') || type.empty()) return expected("an object with a type", param);
  const std::string_view text = value_of(members, "text");
  if (type == "text" || type == "input_text" || type == "output_text") {
    if (!is_text(text)) return expected("a string", param + ".text");
    if (type == "text" || (type == "output_text" && value_of(members, "annotations").empty())) {
      append_text_part(out, type == "output_text" ? "assistant" : role, text);
      return {};
    }
  } else if (type == "input_image" && !is_text(value_of(members, "image_url"))) {
    return unsupported("an image is taken by its image_url only", param + ".image_url");
  } else if (type == "input_file" && !is_text(value_of(members, "file_id")) &&
             !is_text(value_of(members, "file_data"))) {
    return unsupported("a file is taken by its file_id or file_data only", param);
  }
  out += part;
  return {};
}

Result<std::string> content_of(std::string_view content, std::string_view role, const std::string& param) {
  std::string out = "[";
  if (is_text(content)) {
    append_text_part(out, role, content);
  } else if (!content.starts_with('[')) {
    return expected("a string or a list of parts", param);
  }
  const auto parts = elements_of(content);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += ',';
    if (auto part = append_part(out, parts[i], role, at(param, i)); !part) return failure_of(std::move(part));
  }
  return out + "]";
}

Result<void> read_message(const Members& members, const std::string& param, Item& item) {
  constexpr std::array<std::string_view, 4> kRoles = {"user", "assistant", "system", "developer"};
  item.role = text_of(value_of(members, "role"));
  if (std::ranges::find(kRoles, item.role) == kRoles.end()) {
    return expected("user, assistant, system or developer", param + ".role");
  }
  Result<std::string> content = content_of(value_of(members, "content"), item.role, param + ".content");
  if (!content) return failure_of(std::move(content));
  JsonWriter body(item.body);
  body.text("type", "message").text("role", item.role).value("content", *content);
  if (const std::string_view phase = value_of(members, "phase"); is_text(phase)) body.value("phase", phase);
  body.end();
  return {};
}

/// Takes an item over as it is, but for what is given anew to every item.
void copy_members(const Members& members, Item& item) {
  JsonWriter body(item.body);
  body.text("type", item.type);
  for (const JsonMemberSpan& member : members) {
    if (member.name != "type" && member.name != "id" && member.name != "status") {
      body.value(member.name, member.value);
    }
  }
  body.end();
}

Result<Item> read_item(std::string_view json, const std::string& param) {
  if (!json.starts_with('{')) return expected("an object", param);
  const Members members = members_of(json);
  Item item{.type = text_of(value_of(members, "type"))};
  if (item.type.empty()) item.type = value_of(members, "role").empty() ? "item_reference" : "message";
  if (item.type == "message") {
    if (auto read = read_message(members, param, item); !read) return failure_of(std::move(read));
    return item;
  }
  const auto needs_text = [&](std::string_view name) { return !is_text(value_of(members, name)); };
  if (item.type == "item_reference") {
    item.id = text_of(value_of(members, "id"));
    if (item.id.empty()) return expected("the id of an item", param + ".id");
  } else if (item.type == "function_call") {
    for (const char* name : {"call_id", "name", "arguments"}) {
      if (needs_text(name)) return expected("a string", param + "." + name);
    }
  } else if (item.type == "function_call_output") {
    if (needs_text("call_id")) return expected("a string", param + ".call_id");
    const std::string_view output = value_of(members, "output");
    if (!is_text(output) && !output.starts_with('[')) {
      return expected("a string or a list of parts", param + ".output");
    }
  } else if (item.type != "reasoning") {
    return unsupported("items of the type " + item.type + " cannot be given to a model server",
                       param + ".type");
  }
  copy_members(members, item);
  return item;
}

/// An item of the details of a turn, where it is in the form that read_item() gives it.
Item stored_item(std::string_view json) {
  const Members members = members_of(json);
  return {.type = text_of(value_of(members, "type")),
          .role = text_of(value_of(members, "role")),
          .body = std::string(json)};
}

void add_stored(std::vector<Item>& items, std::string_view list) {
  for (const std::string_view json : elements_of(list)) {
    // Other programs may write details too.
    if (Item item = stored_item(json); !item.type.empty()) items.push_back(std::move(item));
  }
}

Item text_message(std::string_view role, std::string_view text) {
  std::string literal;
  append_json_string(literal, text);
  Item item{.type = "message", .role = std::string(role), .body = {}};
  JsonWriter body(item.body);
  append_text_part(body.text("type", "message").text("role", role).key("content") += '[', role, literal);
  item.body += ']';
  body.end();
  return item;
}

std::string_view kind_of(const Item& item) {
  if (item.type == "message") return "msg";
  if (item.type == "function_call") return "fc";
  if (item.type == "function_call_output") return "fco";
  return item.type == "reasoning" ? "rs" : "item";
}

}  // namespace

Result<std::vector<Item>> read_items(std::string_view json, std::string_view param) {
  std::vector<Item> items;
  if (is_text(json)) {
    items.push_back(user_message(text_of(json)));
    return items;
  }
  const auto elements = elements_of(json);
  if (elements.empty()) return expected("a list of items that is not empty", std::string(param));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    Result<Item> item = read_item(elements[i], at(param, i));
    if (!item) return failure_of(std::move(item));
    items.push_back(std::move(*item));
  }
  return items;
}

std::string text_of(const Item& item) {
  const Members members = members_of(item.body);
  const std::string_view content =
      value_of(members, item.type == "function_call_output" ? "output" : "content");
  if (is_text(content)) return text_of(content);
  std::string text;
  for (const std::string_view part : elements_of(content)) {
    const Members of_part = members_of(part);
    std::string piece = text_of(value_of(of_part, "text"));
    if (piece.empty()) piece = text_of(value_of(of_part, "refusal"));
    if (!text.empty() && !piece.empty()) text += '\n';
    text += piece;
  }
  return text;
}

Item user_message(std::string_view text) { return text_message("user", text); }
Item assistant_message(std::string_view text) { return text_message("assistant", text); }

TurnItems items_of(const Turn& turn) {
  TurnItems result;
  std::vector<Item>& items = result.items;
  const Members details = members_of(turn.details);
  if (const auto input = value_of(details, "input"); !input.empty()) {
    add_stored(items, input);
  } else if (const auto asked = value_of(details, "asked"); !asked.empty()) {
    for (const std::string_view message : elements_of(asked)) append_items_of_message(items, message);
  }
  if (items.empty()) items.push_back(user_message(turn.question));
  result.input_count = items.size();
  if (const auto output = value_of(details, "output"); output.starts_with('[')) {
    add_stored(items, output);
  } else if (const auto message = value_of(details, "message"); message.starts_with('{')) {
    append_items_of_message(items, message, turn.answer);
  } else if (!turn.answer.empty()) {
    items.push_back(assistant_message(turn.answer));
  }
  return result;
}

std::string item_id(const Item& item, std::string_view turn_id, std::size_t place) {
  return item_id(kind_of(item), turn_id, place);
}

void append_item(std::string& out, const Item& item, std::string_view id, std::string_view status) {
  JsonWriter shown(out);
  shown.text("id", id).text("status", status);
  out += ',';
  out += std::string_view(item.body).substr(item.body.find('{') + 1);
}

std::string_view item_status(const Turn& turn, const TurnItems& items, std::size_t place) {
  const bool broke_off = turn.status == TurnStatus::incomplete && place >= items.input_count;
  return broke_off ? "incomplete" : "completed";
}

std::string items_member(std::string_view name, const std::vector<Item>& items) {
  std::string out;
  append_json_string(out, name);
  out += ":[";
  for (const Item& item : items) {
    if (&item != items.data()) out += ',';
    out += item.body;
  }
  return out += ']';
}

}  // namespace chatsync

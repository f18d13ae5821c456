// An assistant's message of a chat completion holds its text and its tool calls; as items these are a message
// and function calls behind it. So, on the way to messages, calls go into the message before them, and on the
// way to items, out of it. Parts of a content that are named alike in both ways pass through as they are.
#include "chat/item_messages.hpp"

#include "chat/json_spans.hpp"
#include "chat/json_writer.hpp"

namespace chatsync {
namespace {

using Members = std::vector<JsonMemberSpan>;

bool is_text(std::string_view value) { return value.starts_with('"'); }

void append_text_as_part(std::string& out, std::string_view type, std::string_view literal) {
  JsonWriter part(out);
  part.text("type", type).value("text", literal);
  if (type == "output_text") part.value("annotations", "[]");
  part.end();
}

/// A part of a message as a part of an item.
void append_item_part(std::string& out, std::string_view part, std::string_view text_type) {
  const Members members = members_of(part);
  const std::string type = text_of(value_of(members, "type"));
  const Members inner = members_of(value_of(members, type));
  if (type == "text" && is_text(value_of(members, "text"))) {
    append_text_as_part(out, text_type, value_of(members, "text"));
  } else if (type == "image_url" && is_text(value_of(inner, "url"))) {
    const std::string_view detail = value_of(inner, "detail");
    JsonWriter(out)
        .text("type", "input_image")
        .value("detail", detail.empty() ? R"("auto")" : detail)
        .value("image_url", value_of(inner, "url"))
        .end();
  } else if (type == "file" && !inner.empty()) {
    JsonWriter file(out);
    file.text("type", "input_file");
    for (const JsonMemberSpan& member : inner) file.value(member.name, member.value);
    file.end();
  } else {
    out += part;
  }
}

/// A part of an item as a part of a message.
void append_message_part(std::string& out, std::string_view part) {
  const Members members = members_of(part);
  const std::string type = text_of(value_of(members, "type"));
  const std::string_view text = value_of(members, "text");
  if ((type == "input_text" || type == "output_text") && is_text(text)) {
    append_text_as_part(out, "text", text);
  } else if (type == "input_image" && is_text(value_of(members, "image_url"))) {
    JsonWriter image(out);
    JsonWriter url(image.text("type", "image_url").key("image_url"));
    url.value("url", value_of(members, "image_url"));
    if (const auto detail = value_of(members, "detail"); is_text(detail)) url.value("detail", detail);
    url.end();
    image.end();
  } else if (type == "input_file") {
    JsonWriter outer(out);
    JsonWriter file(outer.text("type", "file").key("file"));
    for (const char* name : {"file_id", "file_data", "filename"}) {
      if (const auto value = value_of(members, name); is_text(value)) file.value(name, value);
    }
    file.end();
    outer.end();
  } else {
    out += part;
  }
}

/// The content of a message as that of an item.
void append_item_content(std::string& out, std::string_view content, std::string_view text_type) {
  out += '[';
  if (is_text(content)) append_text_as_part(out, text_type, content);
  for (const std::string_view part : elements_of(content)) {
    if (out.back() != '[') out += ',';
    append_item_part(out, part, text_type);
  }
  out += ']';
}

/// The content of an item as that of a message: one text as a string.
void append_message_content(std::string& out, std::string_view content) {
  if (is_text(content)) {
    out += content;
    return;
  }
  const auto parts = elements_of(content);
  if (parts.size() == 1) {
    const Members members = members_of(parts.front());
    std::string_view text = value_of(members, "text");
    if (text.empty()) text = value_of(members, "refusal");
    if (is_text(text)) {
      out += text;
      return;
    }
  }
  out += '[';
  for (const std::string_view part : parts) {
    if (out.back() != '[') out += ',';
    append_message_part(out, part);
  }
  out += ']';
}

Item item_of(std::string_view type) { return {.type = std::string(type), .role = {}, .body = {}}; }

void append_calls(std::vector<Item>& items, std::string_view calls) {
  for (const std::string_view call : elements_of(calls)) {
    const Members members = members_of(call);
    const Members function = members_of(value_of(members, "function"));
    if (function.empty()) continue;
    Item item = item_of("function_call");
    JsonWriter body(item.body);
    body.text("type", item.type).text("call_id", text_of(value_of(members, "id")));
    body.text("name", text_of(value_of(function, "name")));
    body.text("arguments", text_of(value_of(function, "arguments"))).end();
    items.push_back(std::move(item));
  }
}

void append_assistant(std::vector<Item>& items, const Members& members, std::string_view text) {
  const std::string_view content = value_of(members, "content");
  const std::string_view refusal = value_of(members, "refusal");
  const bool has_content = is_text(content) ? content.size() > 2 : !elements_of(content).empty();
  if (has_content) {
    Item item = item_of("message");
    item.role = "assistant";
    JsonWriter body(item.body);
    append_item_content(body.text("type", "message").text("role", "assistant").key("content"), content,
                        "output_text");
    body.end();
    items.push_back(std::move(item));
  } else if (is_text(refusal)) {
    Item item = item_of("message");
    item.role = "assistant";
    JsonWriter body(item.body);
    JsonWriter part(body.text("type", "message").text("role", "assistant").key("content") += '[');
    part.text("type", "refusal").value("refusal", refusal).end();
    item.body += ']';
    body.end();
    items.push_back(std::move(item));
  } else if (!text.empty()) {
    items.push_back(assistant_message(text));
  }
  append_calls(items, value_of(members, "tool_calls"));
}

/// Puts items together to messages. One of the assistant stays open for the calls behind it.
class MessageWriter {
 public:
  explicit MessageWriter(std::string& out) : out_(out) {}

  void add(const Item& item) {
    const Members members = members_of(item.body);
    if (item.type == "function_call") return add_call(members);
    if (item.type == "reasoning") return;
    close();
    if (item.type == "function_call_output") {
      JsonWriter message(begin());
      message.text("role", "tool").text("tool_call_id", text_of(value_of(members, "call_id")));
      append_message_content(message.key("content"), value_of(members, "output"));
      message.end();
    } else if (item.type == "message") {
      JsonWriter message(begin());
      append_message_content(message.text("role", item.role).key("content"), value_of(members, "content"));
      if (item.role == "assistant") {
        open_ = true;
      } else {
        message.end();
      }
    }
  }

  void close() {
    if (calls_) out_ += ']';
    if (open_) out_ += '}';
    open_ = calls_ = false;
  }

 private:
  std::string& begin() {
    if (!out_.empty() && out_.back() == '}') out_ += ',';
    return out_;
  }

  void add_call(const Members& members) {
    if (!open_) begin() += R"({"role":"assistant","content":null)";
    out_ += calls_ ? "," : R"(,"tool_calls":[)";
    open_ = calls_ = true;
    JsonWriter call(out_);
    call.text("id", text_of(value_of(members, "call_id"))).text("type", "function");
    JsonWriter function(call.key("function"));
    function.text("name", text_of(value_of(members, "name")));
    function.text("arguments", text_of(value_of(members, "arguments"))).end();
    call.end();
  }

  std::string& out_;
  bool open_ = false;
  bool calls_ = false;
};

}  // namespace

void append_items_of_message(std::vector<Item>& items, std::string_view message, std::string_view text) {
  const Members members = members_of(message);
  const std::string role = text_of(value_of(members, "role"));
  if (role == "assistant" || role.empty()) return append_assistant(items, members, text);
  const std::string_view content = value_of(members, "content");
  if (role == "tool" || role == "function") {
    Item item = item_of("function_call_output");
    JsonWriter body(item.body);
    body.text("type", item.type).text("call_id", text_of(value_of(members, "tool_call_id")));
    if (is_text(content)) {
      body.value("output", content);
    } else {
      append_item_content(body.key("output"), content, "input_text");
    }
    body.end();
    items.push_back(std::move(item));
    return;
  }
  Item item = item_of("message");
  item.role = role;
  JsonWriter body(item.body);
  append_item_content(body.text("type", "message").text("role", role).key("content"), content, "input_text");
  body.end();
  items.push_back(std::move(item));
}

void append_messages_of_items(std::string& out, std::span<const Item> items) {
  MessageWriter writer(out);
  for (const Item& item : items) writer.add(item);
  writer.close();
}

}  // namespace chatsync

// A request of the Responses API is translated to one for a chat completion, which every model server knows.
// What has another name or form there is listed here; what is not known passes through, byte for byte. What
// is null was not given.
#include "chat/response_request.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/item_messages.hpp"
#include "chat/json_spans.hpp"
#include "chat/json_writer.hpp"

namespace chatsync {
namespace {

using Members = std::vector<JsonMemberSpan>;

std::unexpected<Error> expected(std::string what, std::string param) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", std::move(param));
}

std::unexpected<Error> unsupported(std::string message, std::string param) {
  return fail(ErrorKind::invalid_argument, std::move(message), "unsupported_value", std::move(param));
}

bool is_text(std::string_view value) { return value.starts_with('"'); }
bool is_flag(std::string_view value) { return value == "true" || value == "false"; }

/// What the response repeats.
constexpr std::array<std::string_view, 19> kShown = {"instructions",
                                                     "max_output_tokens",
                                                     "max_tool_calls",
                                                     "metadata",
                                                     "model",
                                                     "parallel_tool_calls",
                                                     "previous_response_id",
                                                     "prompt_cache_key",
                                                     "reasoning",
                                                     "safety_identifier",
                                                     "service_tier",
                                                     "temperature",
                                                     "text",
                                                     "tool_choice",
                                                     "tools",
                                                     "top_logprobs",
                                                     "top_p",
                                                     "truncation",
                                                     "user"};

/// What a chat completion has no use for.
constexpr std::array<std::string_view, 7> kDropped = {"include",           "max_tool_calls", "metadata",
                                                      "stream_options",    "truncation",     "top_logprobs",
                                                      "context_management"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// Collects the members of a chat completion.
class Options {
 public:
  void value(std::string_view name, std::string_view json) {
    text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
    text_ += json;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// `{"type":"function","function":{…}}` of a function that stands in an object together with its type.
std::string nested_function(const Members& members) {
  std::string out;
  JsonWriter outer(out);
  JsonWriter function(outer.text("type", "function").key("function"));
  for (const JsonMemberSpan& member : members) {
    if (member.name != "type" && member.value != "null") function.value(member.name, member.value);
  }
  function.end();
  outer.end();
  return out;
}

Result<void> read_tools(std::string_view value, Options& options) {
  if (!value.starts_with('[')) return expected("a list", "tools");
  std::string list;
  std::size_t index = 0;
  for (const std::string_view tool : elements_of(value)) {
    const std::string param = "tools[" + std::to_string(index++) + "]";
    const Members members = members_of(tool);
    const std::string type = text_of(value_of(members, "type"));
    if (type != "function") {
      return unsupported("tools of the type function can be given to a model server, no others",
                         param + ".type");
    }
    if (!is_text(value_of(members, "name"))) return expected("a string", param + ".name");
    list += list.empty() ? "[" : ",";
    list += nested_function(members);
  }
  if (!list.empty()) options.value("tools", list + "]");
  return {};
}

Result<void> read_tool_choice(std::string_view value, Options& options) {
  if (is_text(value)) {
    options.value("tool_choice", value);
    return {};
  }
  const Members members = members_of(value);
  if (text_of(value_of(members, "type")) != "function") {
    return unsupported("expected none, auto, required or a function", "tool_choice");
  }
  options.value("tool_choice", nested_function(members));
  return {};
}

Result<void> read_text(std::string_view value, Options& options) {
  if (!value.starts_with('{')) return expected("an object", "text");
  const Members text = members_of(value);
  if (const auto verbosity = value_of(text, "verbosity"); is_text(verbosity))
    options.value("verbosity", verbosity);
  const std::string_view format = value_of(text, "format");
  if (!format.starts_with('{')) return {};
  const Members members = members_of(format);
  const std::string type = text_of(value_of(members, "type"));
  if (type == "text") return {};
  if (type == "json_object") {
    options.value("response_format", R"({"type":"json_object"})");
    return {};
  }
  if (type != "json_schema")
    return unsupported("expected text, json_object or json_schema", "text.format.type");
  std::string out;
  JsonWriter outer(out);
  JsonWriter schema(outer.text("type", "json_schema").key("json_schema"));
  for (const JsonMemberSpan& member : members) {
    if (member.name != "type" && member.value != "null") schema.value(member.name, member.value);
  }
  schema.end();
  outer.end();
  options.value("response_format", out);
  return {};
}

Result<void> read_metadata(std::string_view value, ResponseRequest& request) {
  if (!value.starts_with('{')) return expected("an object", "metadata");
  request.session_id = text_of(value_of(members_of(value), "session_id"));
  return {};
}

Result<void> read_conversation(std::string_view value, ResponseRequest& request) {
  request.conversation = is_text(value) ? text_of(value) : text_of(value_of(members_of(value), "id"));
  if (request.conversation.empty()) return expected("the id of a conversation", "conversation");
  return {};
}

Result<void> read_flag(const JsonMemberSpan& member, bool& flag) {
  if (!is_flag(member.value)) return expected("a boolean", member.name);
  flag = member.value == "true";
  return {};
}

Result<void> read_string(const JsonMemberSpan& member, std::string& text) {
  if (!is_text(member.value)) return expected("a string", member.name);
  text = text_of(member.value);
  return {};
}

Result<void> read_background(const JsonMemberSpan& member) {
  if (member.value == "false") return {};
  return unsupported("an answer in the background is not available: use stream, which a client may leave",
                     member.name);
}

/// A member that is not null.
Result<void> read_member(const JsonMemberSpan& member, ResponseRequest& request, Options& options) {
  const std::string& name = member.name;
  if (name == "input") {
    Result<std::vector<Item>> items = read_items(member.value, "input");
    if (!items) return failure_of(std::move(items));
    request.input = std::move(*items);
    return {};
  }
  if (name == "stream") return read_flag(member, request.stream);
  if (name == "store") return read_flag(member, request.store);
  if (name == "background") return read_background(member);
  if (name == "previous_response_id") return read_string(member, request.previous_response_id);
  if (name == "conversation") return read_conversation(member.value, request);
  if (name == "model") return read_string(member, request.model);
  if (name == "instructions") return read_string(member, request.instructions);
  if (name == "prompt") return unsupported("there are no stored prompts here: send instructions", name);
  if (name == "tools") return read_tools(member.value, options);
  if (name == "tool_choice") return read_tool_choice(member.value, options);
  if (name == "text") return read_text(member.value, options);
  if (name == "metadata") return read_metadata(member.value, request);
  if (name == "reasoning") {
    const auto effort = value_of(members_of(member.value), "effort");
    if (is_text(effort)) options.value("reasoning_effort", effort);
    return {};
  }
  if (name == "user" || name == "safety_identifier") {
    if (!is_text(member.value)) return expected("a string", name);
    if (name == "user" || request.user.empty()) request.user = text_of(member.value);
  }
  if (name == "max_output_tokens") {
    options.value("max_completion_tokens", member.value);
  } else if (!contains(kDropped, name)) {
    options.value(name, member.value);
  }
  return {};
}

/// The members, the last one of each name.
Members last_of_each(Members members) {
  std::set<std::string> seen;
  Members kept;
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (seen.insert(member->name).second) kept.push_back(std::move(*member));
  }
  std::ranges::reverse(kept);
  return kept;
}

bool is_user(const Item& item) { return item.type == "message" && item.role == "user"; }

bool is_plain_text(const std::vector<Item>& input) {
  return input.size() == 1 && is_user(input.front()) &&
         input.front().body == user_message(text_of(input.front())).body;
}

}  // namespace

Result<ResponseRequest> read_response_request(std::string_view body) {
  if (!is_utf8(body) || !parse_json(body)) {
    return fail(ErrorKind::invalid_argument, "the body is not valid JSON in UTF-8", "invalid_json");
  }
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  if (!body.starts_with('{')) {
    return fail(ErrorKind::invalid_argument, "the body must be a JSON object", "invalid_json");
  }
  ResponseRequest request;
  Options options;
  JsonWriter shown(request.shown);
  bool has_tools = false;
  std::string_view parallel;
  for (const JsonMemberSpan& member : last_of_each(members_of(body))) {
    if (member.value == "null") continue;
    if (contains(kShown, member.name)) shown.value(member.name, member.value);
    has_tools = has_tools || (member.name == "tools" && !elements_of(member.value).empty());
    // Without tools some servers refuse it.
    if (member.name == "parallel_tool_calls") {
      parallel = member.value;
    } else if (auto read = read_member(member, request, options); !read) {
      return failure_of(std::move(read));
    }
  }
  shown.end();
  if (has_tools && !parallel.empty()) options.value("parallel_tool_calls", parallel);
  if (request.input.empty()) {
    return fail(ErrorKind::invalid_argument, "the field is required: a string or a list of items",
                "missing_field", "input");
  }
  if (!request.previous_response_id.empty() && !request.conversation.empty()) {
    return unsupported("give either previous_response_id or conversation, not both", "conversation");
  }
  request.options = options.take();
  return request;
}

bool is_conversation(const std::vector<Item>& input) {
  return std::ranges::any_of(input, [](const Item& item) {
    return item.role == "assistant" || item.type == "function_call" || item.type == "item_reference";
  });
}

std::vector<Item> own_part(const std::vector<Item>& input) {
  const auto last = std::find_if(input.rbegin(), input.rend(), is_user);
  return {last == input.rend() ? input.begin() : last.base() - 1, input.end()};
}

std::string question_of(const std::vector<Item>& input) {
  const auto last = std::find_if(input.rbegin(), input.rend(), is_user);
  if (last != input.rend()) return text_of(*last);
  std::string text;
  for (const Item& item : input) {
    if (item.type != "function_call_output") continue;
    if (!text.empty()) text += '\n';
    text += text_of(item);
  }
  return text;
}

std::string response_details(const ResponseRequest& request, const std::vector<Item>& input) {
  std::string details;
  if (!is_plain_text(input)) details = items_member("input", input) + ",";
  return details + R"("response":)" + request.shown;
}

std::string completion_body(const ResponseRequest& request, std::string_view history) {
  std::string out;
  JsonWriter body(out);
  if (!request.model.empty()) body.text("model", request.model);
  std::string messages;
  if (!request.instructions.empty()) {
    JsonWriter message(messages);
    message.text("role", "system").text("content", request.instructions).end();
  }
  if (!messages.empty() && !history.empty()) messages += ',';
  messages += history;
  append_messages_of_items(messages, request.input);
  body.value("messages", "[" + messages + "]");
  if (request.stream) body.value("stream", "true").value("stream_options", R"({"include_usage":true})");
  out += request.options;
  body.end();
  return out;
}

}  // namespace chatsync

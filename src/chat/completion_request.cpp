#include "chat/completion_request.hpp"

#include <algorithm>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/json_spans.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

std::unexpected<Error> invalid(std::string message, std::string param = {}) {
  const bool of_field = !param.empty();
  return fail(ErrorKind::invalid_argument, std::move(message), of_field ? "invalid_value" : "invalid_json",
              std::move(param));
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string role_of(const json::value& message) {
  return message.is_object() ? text_member(message.get_object(), "role") : std::string();
}

bool is_system(const json::value& message) {
  const std::string role = role_of(message);
  return role == "system" || role == "developer";
}

/// Whether role and text are all of a message.
bool is_plain(const json::object& message) {
  const json::value* content = message.if_contains("content");
  return message.size() == 2 && content != nullptr && content->is_string();
}

Result<void> read_messages(const json::array& messages, CompletionRequest& request) {
  const std::vector<std::string_view> spans = elements_of(value_of(members_of(request.body), "messages"));
  std::size_t last = messages.size();
  while (last > 0 && role_of(messages[last - 1]) != "user") --last;
  if (last == 0) return {};
  const json::object& message = messages[--last].get_object();
  request.has_question = true;
  if (const json::value* content = message.if_contains("content"))
    request.question = text_of_content(*content);
  const auto place_of = [&](std::string_view span) {
    return static_cast<std::size_t>(span.data() - request.body.data());
  };
  request.question_at = place_of(spans[last]);
  request.lone_question =
      last + 1 == messages.size() && std::all_of(messages.begin(), messages.begin() + last, is_system);
  if (last + 1 < messages.size() || !is_plain(message)) {
    const std::size_t end = place_of(spans.back()) + spans.back().size();
    request.asked = "[" + request.body.substr(request.question_at, end - request.question_at) + "]";
  }
  return {};
}

/// One change of a text.
struct Edit {
  std::size_t at;
  std::size_t removed;
  std::string inserted;
};

std::string edited(std::string_view text, std::vector<Edit> edits) {
  std::ranges::sort(edits, {}, &Edit::at);
  std::string out;
  std::size_t position = 0;
  for (const Edit& edit : edits) {
    out += text.substr(position, edit.at - position);
    out += edit.inserted;
    position = edit.at + edit.removed;
  }
  out += text.substr(position);
  return out;
}

/// The edit that makes `stream_options` ask for the token counts.
Edit usage_edit(const std::string& body) {
  const std::size_t opened = body.find('{') + 1;
  const auto place_of = [&](std::string_view span) {
    return static_cast<std::size_t>(span.data() - body.data());
  };
  const std::string_view options = value_of(members_of(body), "stream_options");
  if (options.empty()) return {opened, 0, R"("stream_options":{"include_usage":true},)"};
  if (options.front() != '{') return {place_of(options), options.size(), R"({"include_usage":true})"};
  const auto members = members_of(options);
  const std::string_view usage = value_of(members, "include_usage");
  if (!usage.empty()) return {place_of(usage), usage.size(), "true"};
  return {place_of(options) + 1, 0, members.empty() ? R"("include_usage":true)" : R"("include_usage":true,)"};
}

}  // namespace

Result<CompletionRequest> read_completion_request(std::string body) {
  CompletionRequest request{.body = std::move(body)};
  const std::optional<json::value> value = parse_json(request.body);
  if (!value || !is_utf8(request.body)) return invalid("the body is not valid JSON in UTF-8");
  if (!value->is_object()) return invalid("the body must be a JSON object");
  const json::object& object = value->get_object();
  request.stream = is_true(object, "stream");
  if (const json::value* options = object.if_contains("stream_options");
      options != nullptr && options->is_object()) {
    request.wants_usage = is_true(options->get_object(), "include_usage");
  }
  request.names_model = object.contains("model");
  request.user = text_member(object, "user");
  if (const json::value* metadata = object.if_contains("metadata");
      metadata != nullptr && metadata->is_object()) {
    request.session_id = text_member(metadata->get_object(), "session_id");
  }
  const json::value* messages = object.if_contains("messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty()) {
    return invalid("expected a list of messages that is not empty", "messages");
  }
  if (auto read = read_messages(messages->get_array(), request); !read) return failure_of(std::move(read));
  return request;
}

std::string changed_body(const CompletionRequest& request, const RequestChanges& changes) {
  std::vector<Edit> edits;
  const std::size_t opened = request.body.find('{') + 1;
  if (!request.names_model && !changes.default_model.empty()) {
    std::string model = R"("model":)";
    append_json_string(model, changes.default_model);
    edits.push_back({opened, 0, model + ","});
  }
  if (changes.ask_for_usage && !request.wants_usage) edits.push_back(usage_edit(request.body));
  if (request.lone_question && !changes.history.empty()) {
    std::string history;
    for (const Turn& turn : changes.history) {
      history += R"({"role":"user","content":)";
      append_json_string(history, turn.question);
      history += R"(},{"role":"assistant","content":)";
      append_json_string(history, turn.answer);
      history += "},";
    }
    edits.push_back({request.question_at, 0, std::move(history)});
  }
  return edited(request.body, std::move(edits));
}

}  // namespace chatsync

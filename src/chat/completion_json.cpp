#include "chat/completion_json.hpp"

#include <algorithm>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

constexpr std::size_t kBytesPerToken = 4;

void append_message(std::string& out, std::string_view role, std::string_view content) {
  if (out.back() != '[') out += ',';
  out += R"({"role":)";
  append_json_string(out, role);
  out += R"(,"content":)";
  append_json_string(out, content);
  out += '}';
}

std::unexpected<Error> no_completion(std::string what) {
  return fail(ErrorKind::model_failed, "the model server's reply is no chat completion: " + std::move(what),
              "model_bad_reply");
}

}  // namespace

std::vector<Turn> within_budget(std::vector<Turn> history, const HistoryBudget& budget) {
  std::erase_if(history, [](const Turn& turn) { return turn.answer.empty(); });
  std::size_t bytes_left = budget.tokens * kBytesPerToken;
  std::size_t first = history.size();
  while (first > 0 && history.size() - first < budget.turns) {
    const std::size_t bytes = history[first - 1].question.size() + history[first - 1].answer.size();
    if (bytes > bytes_left) break;
    bytes_left -= bytes;
    --first;
  }
  history.erase(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(first));
  return history;
}

std::string completion_request(const Question& question, const CompletionDefaults& defaults) {
  std::string out = "{";
  if (!defaults.model.empty()) {
    out += R"("model":)";
    append_json_string(out, defaults.model);
    out += ',';
  }
  out += R"("messages":[)";
  if (!defaults.system_prompt.empty()) append_message(out, "system", defaults.system_prompt);
  for (const Turn& turn : question.history) {
    append_message(out, "user", turn.question);
    append_message(out, "assistant", turn.answer);
  }
  append_message(out, "user", question.text);
  out += defaults.stream ? R"(],"stream":true})" : "]}";
  return out;
}

Result<Answer> read_completion(std::string_view body) {
  const std::optional<json::value> value = parse_json(body);
  if (!value || !value->is_object()) return no_completion("it is no JSON object");
  const json::value* choices = value->get_object().if_contains("choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty() ||
      !choices->get_array().front().is_object()) {
    return no_completion("it has no choices");
  }
  const json::object& choice = choices->get_array().front().get_object();
  const json::value* message = choice.if_contains("message");
  if (message == nullptr || !message->is_object()) return no_completion("its first choice has no message");
  Answer answer = answer_from(message->get_object());
  answer.finish_reason = text_member(choice, "finish_reason");
  answer.model = text_member(value->get_object(), "model");
  read_usage(value->get_object(), answer);
  return answer;
}

}  // namespace chatsync

#include "answer/echo_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "chat/completion_request.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::answer {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string usage_of(const CompletionRequest& request, const std::string& text) {
  const std::size_t prompt = (request.body.size() + 3) / 4;
  const std::size_t answer = (text.size() + 3) / 4;
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", prompt, answer,
                     prompt + answer);
}

/// What stands before the choices of a reply or chunk.
std::string head_of(std::string_view object, std::int64_t now_us) {
  return fmt::format(R"({{"id":"chatcmpl-echo-{}","object":"{}","created":{},"model":"echo","choices":)",
                     now_us, object, now_us / 1'000'000);
}

class EchoStream final : public AnswerStream {
 public:
  explicit EchoStream(std::deque<std::string> events) : events_(std::move(events)) {}

  AsyncResult<std::optional<std::string>> next() override {
    if (cancelled_) co_return fail(ErrorKind::model_failed, "the answer was cancelled", "cancelled");
    if (events_.empty()) co_return std::nullopt;
    std::string event = std::move(events_.front());
    events_.pop_front();
    co_return event;
  }

  void cancel() override { cancelled_ = true; }

 private:
  std::deque<std::string> events_;
  bool cancelled_ = false;
};

}  // namespace

AsyncResult<std::string> EchoServer::complete(std::string body) {
  const Result<CompletionRequest> request = read_completion_request(std::move(body));
  if (!request) co_return std::unexpected(request.error());
  const std::string text = "Echo: " + request->question;
  co_return fmt::format(
      R"({}[{{"index":0,"message":{{"role":"assistant","content":{}}},"finish_reason":"stop"}}],"usage":{}}})",
      head_of("chat.completion", clock_.now_us()), json_string(text), usage_of(*request, text));
}

AsyncResult<std::unique_ptr<AnswerStream>> EchoServer::stream(std::string body) {
  const Result<CompletionRequest> request = read_completion_request(std::move(body));
  if (!request) co_return std::unexpected(request.error());
  const std::string text = "Echo: " + request->question;
  const std::string head = head_of("chat.completion.chunk", clock_.now_us());
  std::deque<std::string> events;
  const auto chunk = [&](std::string_view delta, std::string_view reason) {
    events.push_back(
        fmt::format(R"({}[{{"index":0,"delta":{},"finish_reason":{}}}]}})", head, delta, reason));
  };
  chunk(R"({"role":"assistant","content":""})", "null");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size() - 1) + 1;
    chunk(fmt::format(R"({{"content":{}}})", json_string(std::string_view(text).substr(begin, end - begin))),
          "null");
    begin = end;
  }
  chunk("{}", R"("stop")");
  if (request->wants_usage) events.push_back(head + R"([],"usage":)" + usage_of(*request, text) + "}");
  co_return std::make_unique<EchoStream>(std::move(events));
}

AsyncResult<std::string> EchoServer::models() {
  co_return R"({"object":"list","data":[{"id":"echo","object":"model","created":0,"owned_by":"chatsync"}]})";
}

}  // namespace chatsync::answer

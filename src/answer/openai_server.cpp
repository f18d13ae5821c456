#include "answer/openai_server.hpp"

#include <algorithm>
#include <utility>

#include "answer/retry_policy.hpp"
#include "answer/sse_parser.hpp"
#include "answer/upstream_error.hpp"
#include "base/log.hpp"

namespace chatsync::answer {
namespace {

using std::chrono::milliseconds;
using Kind = TransferFailure::Kind;

constexpr std::string_view kDone = "[DONE]";

Error error_of(const TransferFailure& failure) {
  const auto error = [](ErrorKind kind, std::string message, std::string code) {
    return Error{.kind = kind, .message = std::move(message), .code = std::move(code)};
  };
  switch (failure.kind) {
    case Kind::timed_out:
      return error(ErrorKind::model_timeout, "LLM_TIMEOUT is over: " + failure.message, "model_timeout");
    case Kind::cancelled:
      return error(ErrorKind::model_failed, "the answer was cancelled", "cancelled");
    case Kind::unreachable:
    case Kind::untrusted:
      return error(ErrorKind::model_failed, "the model server cannot be reached: " + failure.message,
                   "model_unreachable");
    case Kind::too_large:
    case Kind::other:
      break;
  }
  return error(ErrorKind::model_failed, "the model server's reply is no answer: " + failure.message,
               "model_bad_reply");
}

/// Of a reply that had begun: a connection that is lost then had reached the server.
Error error_after_head(const TransferFailure& failure) {
  if (failure.kind != Kind::unreachable) return error_of(failure);
  return {.kind = ErrorKind::model_failed,
          .message = "the model server broke off its answer: " + failure.message,
          .code = "model_broke_off"};
}

/// A failed attempt, and what the caller is told of it if it was the last.
struct Failed {
  FailedAttempt attempt;
  Error error;
};

Failed failed_transfer(const TransferFailure& failure) {
  return {{.permanent = failure.kind != Kind::unreachable}, error_of(failure)};
}

Failed refused(Transfer& transfer, std::int64_t now_us) {
  const auto retry_after = parse_retry_after(transfer.header("retry-after"), now_us);
  // OpenAI says so where a 429 is about money rather than speed.
  const bool permanent = transfer.header("x-should-retry") == "false";
  return {{.status = transfer.status(), .permanent = permanent, .retry_after = retry_after},
          error_of_reply(transfer.status(), transfer.take_body(), retry_after)};
}

}  // namespace

class OpenAiServer::Stream final : public AnswerStream {
 public:
  explicit Stream(Begun begun) : begun_(std::move(begun)) {}

  AsyncResult<std::optional<std::string>> next() override {
    Transfer& transfer = *begun_.transfer;
    for (;;) {
      if (auto event = parser_.next()) {
        if (*event == kDone) co_return std::nullopt;
        co_return event;
      }
      co_await transfer.wait_for_body();
      const std::string bytes = transfer.take_body();
      if (bytes.empty()) break;
      parser_.feed(bytes);
    }
    if (transfer.failure()) co_return std::unexpected(error_after_head(*transfer.failure()));
    co_return fail(ErrorKind::model_failed, "the model server ended the answer without [DONE]",
                   "model_broke_off");
  }

  void cancel() override { begun_.transfer->cancel(); }

 private:
  Begun begun_;
  SseParser parser_;
};

OpenAiServer::OpenAiServer(boost::asio::any_io_executor executor, OpenAiOptions options, const Clock& clock)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      clock_(clock),
      multi_(executor_, options_.max_concurrency),
      admission_(executor_, clock, options_.max_concurrency) {
  while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

AsyncResult<std::string> OpenAiServer::complete(std::string body) {
  return whole("/chat/completions", std::move(body));
}

AsyncResult<std::string> OpenAiServer::models() { return whole("/models", std::nullopt); }

void OpenAiServer::stop() {
  stopped_ = true;
  admission_.close();
  for (Alarm* pause : pauses_) pause->ring();
  multi_.end_all();
}

AsyncResult<std::string> OpenAiServer::whole(const char* path, std::optional<std::string> body) {
  Result<Begun> begun = co_await begin(path, std::move(body));
  if (!begun) co_return failure_of(std::move(begun));
  Transfer& transfer = *begun->transfer;
  co_await transfer.wait_for_end();
  if (transfer.failure()) co_return std::unexpected(error_after_head(*transfer.failure()));
  co_return transfer.take_body();
}

AsyncResult<std::unique_ptr<AnswerStream>> OpenAiServer::stream(std::string body) {
  Result<Begun> begun = co_await begin("/chat/completions", std::move(body));
  if (!begun) co_return failure_of(std::move(begun));
  if (!begun->transfer->header("content-type").starts_with("text/event-stream")) {
    co_return fail(ErrorKind::model_failed, "the model server was asked for a stream and replied with none",
                   "model_bad_reply");
  }
  co_return std::make_unique<Stream>(std::move(*begun));
}

AsyncResult<OpenAiServer::Begun> OpenAiServer::begin(const char* path, std::optional<std::string> body) {
  const SteadyTime deadline = clock_.steady_now() + options_.timeout;
  Result<Admission::Place> place = co_await admission_.enter(deadline);
  if (!place) co_return failure_of(std::move(place));
  for (int attempt = 1;; ++attempt) {
    auto transfer =
        std::make_unique<Transfer>(executor_, multi_, request_to(path, body, left_until(deadline)));
    co_await transfer->wait_for_head();
    const int status = transfer->status();
    if (status >= 200 && status < 300) co_return Begun{std::move(*place), std::move(transfer)};
    co_await transfer->wait_for_end();
    Failed failed =
        transfer->failure() ? failed_transfer(*transfer->failure()) : refused(*transfer, clock_.now_us());
    transfer.reset();
    failed.attempt.number = attempt;
    const double jitter = std::uniform_real_distribution<double>(0, 1)(jitter_);
    const auto pause = pause_before_retry(failed.attempt, left_until(deadline), jitter);
    if (!pause) co_return std::unexpected(std::move(failed.error));
    log_info("asking the model server again in {} ms: {}", pause->count(), failed.error.message);
    const std::unique_ptr<Alarm> alarm = clock_.make_alarm(executor_);
    pauses_.insert(alarm.get());
    co_await alarm->wait_until(clock_.steady_now() + *pause);
    pauses_.erase(alarm.get());
    if (stopped_) co_return std::unexpected(error_of({Kind::cancelled, {}}));
  }
}

TransferRequest OpenAiServer::request_to(const char* path, const std::optional<std::string>& body,
                                         milliseconds left) const {
  TransferRequest request{.url = options_.base_url + path,
                          .body = body,
                          .tls_ca = options_.tls_ca,
                          .timeout = left,
                          .max_reply_bytes = options_.max_reply_bytes};
  if (body) request.headers.emplace_back("Content-Type: application/json");
  if (!options_.api_key.empty()) request.headers.push_back("Authorization: Bearer " + options_.api_key);
  return request;
}

milliseconds OpenAiServer::left_until(SteadyTime deadline) const {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - clock_.steady_now());
  return std::max(left, milliseconds(1));
}

}  // namespace chatsync::answer

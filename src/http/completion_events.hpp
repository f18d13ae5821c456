#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/handler.hpp"
#include "service/live_answer.hpp"

namespace chatsync::http {

inline constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

/// After so long without an event a sign of life is sent: before proxies take a connection for dead, and
/// often enough to notice a client that has gone.
inline constexpr std::chrono::seconds kHeartbeat{15};
inline constexpr std::string_view kSignOfLife = ": waiting for the model server\n\n";

/// A streamed answer as server-sent events: each chunk as it comes, a comment now and then while none does,
/// and at its end either `[DONE]` or an event with the error.
class CompletionEvents final : public BodyProducer {
 public:
  /// `clock` must outlive it.
  CompletionEvents(std::shared_ptr<service::LiveAnswer> answer, const Clock& clock);
  ~CompletionEvents() override;

  AsyncResult<bool> append_next(std::string* out) override;

 private:
  std::shared_ptr<service::LiveAnswer> answer_;
  const Clock& clock_;
  bool begun_ = false;
};

}  // namespace chatsync::http

#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "http/handler.hpp"
#include "service/live_answer.hpp"

namespace chatsync::http {

/// A streamed answer as server-sent events: each chunk as it comes, a comment now and then while none does,
/// and at its end either `[DONE]` or an event with the error.
class CompletionEvents final : public BodyProducer {
 public:
  static constexpr std::string_view kMediaType = "text/event-stream; charset=utf-8";

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

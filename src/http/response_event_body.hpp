#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "chat/response_events.hpp"
#include "http/handler.hpp"
#include "service/response_service.hpp"

namespace chatsync::http {

/// A response as the events of a stream: those of a running one as they come, with a comment now and then
/// while none does, and those of a recorded one at once. The end of the response is told when its turn is
/// recorded.
class ResponseEventBody final : public BodyProducer {
 public:
  /// `starting_after` as in ResponseEvents. `clock` must outlive it.
  ResponseEventBody(service::RunningResponse response, std::int64_t starting_after, const Clock& clock);
  ~ResponseEventBody() override;

  AsyncResult<bool> append_next(std::string* out) override;

 private:
  void append_end(std::string& out, const service::LiveAnswer::Piece& piece);

  service::RunningResponse response_;
  const Clock& clock_;
  ResponseEvents events_;
  service::LiveAnswer::Place place_;
  bool begun_ = false;
};

}  // namespace chatsync::http

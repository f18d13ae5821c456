#pragma once

#include <optional>
#include <string>

namespace chatsync::service {

/// A request that may be sent again, told by its Idempotency-Key.
struct RequestKey {
  std::string turn_id;     ///< The same for the same key of the same caller.
  std::string session_id;  ///< The same for a session that the request makes.
  std::string digest;      ///< Of the whole request.
};

enum class OnBusy {
  enqueue,  ///< Wait until the turn before is answered.
  reject,   ///< Fail.
};

/// What a request says about its turn beside the question.
struct TurnRequest {
  std::optional<RequestKey> key;
  OnBusy on_busy = OnBusy::enqueue;
};

}  // namespace chatsync::service

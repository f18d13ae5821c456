#include "chat/turn.hpp"

namespace chatsync {

std::string_view to_string(TurnStatus status) {
  return status == TurnStatus::incomplete ? "incomplete" : "complete";
}

TurnStatus turn_status_from(std::string_view text) {
  return text == "incomplete" ? TurnStatus::incomplete : TurnStatus::complete;
}

}  // namespace chatsync

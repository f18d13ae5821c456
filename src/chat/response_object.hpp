#pragma once

#include <string>
#include <string_view>

#include "chat/conversation_items.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// How a response stands.
struct ResponseStatus {
  std::string_view status;       ///< As in OpenAI's API: `completed`, `incomplete`, `failed`, …
  std::string_view reason = {};  ///< Of `incomplete`: `max_output_tokens` or `content_filter`.
  std::string failure = {};      ///< Of `failed`: one line for a person.
};

/// How the response that a recorded turn is has ended.
ResponseStatus status_of(const Turn& turn);

/// The response that a turn is, as OpenAI's API shows it. It follows from the turn alone, wherever that is
/// read. A turn without a session is shown as a response that is not stored.
void append_response(std::string& out, const Turn& turn, const TurnItems& items,
                     const ResponseStatus& status);
void append_response(std::string& out, const Turn& turn);

}  // namespace chatsync

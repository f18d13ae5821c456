#pragma once

#include <span>
#include <string>
#include <string_view>

#include "chat/turn.hpp"
#include "chat/visible_items.hpp"

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
/// read. A turn without a session is shown as a response that is not stored. `items`: as visible_items()
/// gives them.
void append_response(std::string& out, const Turn& turn, std::span<const VisibleItem> items,
                     const ResponseStatus& status);
void append_response(std::string& out, const Turn& turn);

}  // namespace chatsync

#pragma once

#include <optional>
#include <string_view>

#include "chat/turn.hpp"

namespace chatsync {

/// Reads a history entry that is written just as append_history_entry() writes it, several times as fast as
/// a parser that takes any JSON. Nothing if it is not, whatever else it is.
std::optional<Turn> parse_own_history_entry(std::string_view session_id, std::string_view text);

}  // namespace chatsync

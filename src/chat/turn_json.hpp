#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/turn.hpp"

namespace chatsync {

/// Appends `text` to `out` as a JSON string, quotes included. `text` must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// The part of a history entry that is known before the cache has numbered the turn:
/// `"turn_id":…,"user_id":…,"question":…,"answer":…,"status":…,"model":…}`, and before its end `"details":…`,
/// the object as a string, where the turn has some. The cache puts
/// `{"seq":N,"created_at":T,` before it.
std::string history_entry_tail(const Turn& turn);

/// A whole history entry; `seq` is left out if the turn has none.
std::string history_entry(const Turn& turn);
/// The same for a turn that is numbered so. Its own number and time stamp are not looked at.
void append_history_entry(std::string& out, const Turn& turn, std::optional<std::int64_t> seq,
                          std::int64_t timestamp_us);

/// Reads an entry of a history list. Nothing if it is not an object with at least `question` and `answer`:
/// other programs may keep entries of their own form.
std::optional<Turn> parse_history_entry(std::string_view session_id, std::string_view json);

/// `2026-11-23T03:32:00.123456Z`.
std::string to_iso8601(std::int64_t timestamp_us);
void append_iso8601(std::string& out, std::int64_t timestamp_us);

bool is_utf8(std::string_view text);

}  // namespace chatsync

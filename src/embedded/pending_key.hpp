#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync::embedded {

/// The name of a pending turn, `session:{id}:msg:{timestamp}` with the id literally.
std::string pending_key_of(std::string_view session_id, std::int64_t timestamp_us);

struct PendingName {
  std::string_view session_id;  ///< A part of the key that was read.
  std::int64_t timestamp_us = 0;
};

/// Reads such a name; nothing if `key` has another form.
std::optional<PendingName> parse_pending_key(std::string_view key);

}  // namespace chatsync::embedded

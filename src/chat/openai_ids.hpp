#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync {

// The ids of OpenAI's API, which name sessions and turns without an index. Nothing else makes or reads them:
//   conversation   the session's id; of those made by the API: conv_ and the 32 hex digits of a UUIDv7
//   response       resp_, the turn's key, the session's id
//   item           what it is (msg, fc, fco, …), _, the key of its turn, _, its place in the turn
// A turn's key is the 32 hex digits of its UUID, so that ids of one kind sort by time. A turn of another
// program whose id is no UUID has the key x and that id; behind it stands a ~ in the id of a response.

/// The id of a conversation made by the API, from a UUID in its text form.
std::string conversation_id(std::string_view uuid);

/// A turn, by its session and itself.
struct ResponseName {
  std::string session_id;
  std::string turn_id;

  bool operator==(const ResponseName&) const = default;
};

std::string response_id(std::string_view session_id, std::string_view turn_id);
/// Nothing if the text is no id of a response.
std::optional<ResponseName> parse_response_id(std::string_view text);

/// An item by its turn. Place 0 is the message that the turn begins with.
struct ItemName {
  std::string kind;  ///< Lower-case letters: `msg`, `fc`, `fco`, `rs`, …
  std::string turn_id;
  std::size_t place = 0;

  bool operator==(const ItemName&) const = default;
};

std::string item_id(std::string_view kind, std::string_view turn_id, std::size_t place);
/// Nothing if the text is no id of an item.
std::optional<ItemName> parse_item_id(std::string_view text);

}  // namespace chatsync

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// One item of a conversation, as OpenAI's API has them: a message, a function call, its output, …
struct Item {
  std::string type;
  std::string role;     ///< Of messages.
  std::string body;     ///< The item as a JSON object, without `id` and `status`.
  std::string id = {};  ///< Of an `item_reference`: what it refers to.
};

/// Reads the items that a client gives: a string, which is a message of the user, or a list. A message's
/// content becomes a list of parts. `invalid_argument` names what no model server could be told, within
/// `param`. `json` must be valid.
Result<std::vector<Item>> read_items(std::string_view json, std::string_view param);

/// The texts of a message's content, one a line; of the output of a function, that.
std::string text_of(const Item& item);

Item user_message(std::string_view text);
Item assistant_message(std::string_view text);

/// What a turn is made of.
struct TurnItems {
  std::vector<Item> items;      ///< In their order; an item's index is its place.
  std::size_t input_count = 0;  ///< So many of them were asked; the others are the answer.
};

/// Understands every turn, also one of another endpoint or program.
TurnItems items_of(const Turn& turn);

/// The id of a turn's item.
std::string item_id(const Item& item, std::string_view turn_id, std::size_t place);

/// Appends the item as the API shows it. `status`: `completed`, `in_progress` or `incomplete`.
void append_item(std::string& out, const Item& item, std::string_view id,
                 std::string_view status = "completed");

/// The status of a turn's item at this place.
std::string_view item_status(const Turn& turn, const TurnItems& items, std::size_t place);

/// `"name":[…]` with the items' bodies, for the details of a turn.
std::string items_member(std::string_view name, const std::vector<Item>& items);

}  // namespace chatsync

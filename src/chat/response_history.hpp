#pragma once

#include <string>
#include <vector>

#include "chat/completion_json.hpp"
#include "chat/conversation_items.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What came before a response goes on from the last of these turns (oldest first): the turn that it names as
/// its previous one, or else the turn before it, and so on back, as far as the turns reach.
std::vector<Turn> branch_of(std::vector<Turn> turns);

/// The messages to put before `input`: those of the latest turns (the items of each; oldest first) that the
/// budget allows, as JSON, separated by commas. The outputs of functions are never parted from the turns that
/// called them; a call without its output and an output without its call are left out.
std::string history_messages(std::vector<std::vector<Item>> turns, const std::vector<Item>& input,
                             const HistoryBudget& budget);

}  // namespace chatsync

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/conversation_store.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// Of a list as ConversationStore::extras_of() gives it; null if nothing was done to the turn.
const TurnExtras* find_extras(std::span<const TurnExtras> extras, std::string_view turn_id);

/// Makes the newest sibling answer the answer of the turn: text, status, model and details. Its question,
/// its id, its number and its time stay.
void take_active_answer(Turn& turn, const TurnExtras& extras);

/// The id of the sibling answer that is shown; empty: the turn as it was first answered.
std::string active_sibling(const TurnExtras& extras);

/// What was done to an item; null if nothing was. The question is item 0 of the turn as first answered, also
/// where a sibling answer is shown.
const ItemMark* find_mark(const TurnExtras& extras, std::string_view sibling_id, std::int64_t item);

/// The turns as a model is shown them: with the answers that count, and without those of which the question
/// or the answer that counts was deleted, if only in part. `extras` are of these turns.
std::vector<Turn> as_history(std::vector<Turn> turns, std::span<const TurnExtras> extras);

}  // namespace chatsync

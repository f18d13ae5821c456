#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

// What stands in the payload of a dead letter. It is one of: a turn as a history entry; a foreign message,
// `{"key":…,"fields":{…}}`; a foreign value of a type that no turn has, `{"key":…,"type":…,"dump":…}`.
// A text that is not UTF-8 stands there as an object instead of a string.

/// The turn's number, if it has one and the payload can be read.
std::optional<std::int64_t> seq_in_payload(std::string_view payload);

/// The turn that the letter is about; its `user_id` is empty if the payload names no valid one. `rejected`
/// with the reason if the payload does not hold a whole turn.
Result<Turn> turn_in_letter(const DeadLetter& letter);

}  // namespace chatsync

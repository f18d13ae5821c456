#pragma once

#include <string_view>

namespace chatsync::redis {

/// Whether Redis, by its INFO persistence, has an append-only file that may end in half a transaction, and so
/// must be rewritten before anything is written to it: one that Redis has gone on with since it was started.
bool may_end_in_half_a_transaction(std::string_view info_persistence);

}  // namespace chatsync::redis

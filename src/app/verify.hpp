#pragma once

#include "base/settings.hpp"

namespace chatsync::app {

/// `chatsync verify`: compares the store with the cache, turn by turn, and prints whether each accepted turn
/// is stored, pending, a dead letter or deleted. Returns kExitOk if all of them are, kExitFindings if not,
/// kExitCannotStart if it cannot look.
int verify(const Settings& settings);

}  // namespace chatsync::app

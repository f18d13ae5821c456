#pragma once

#include "base/settings.hpp"

namespace chatsync::app {

/// `chatsync doctor`: reads how the cache and the store of `settings` are set up, changes nothing, and prints
/// what of it can lose turns and how to mend it. Returns kExitOk if there is nothing to say, kExitFindings if
/// there is, kExitCannotStart if a server cannot be reached.
int doctor(const Settings& settings);

}  // namespace chatsync::app

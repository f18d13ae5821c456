#pragma once

#include <string>
#include <vector>

#include "base/settings.hpp"

namespace chatsync::app {

/// `chatsync dead-letters list|show|replay|discard`: for looking through the turns that the store could not
/// take. Returns kExitOk, kExitFindings if something asked for could not be done, or kExitCannotStart if the
/// arguments are wrong or the store cannot be used.
int dead_letters(const Settings& settings, const std::vector<std::string>& arguments);

}  // namespace chatsync::app

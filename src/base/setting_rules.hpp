#pragma once

#include "base/error.hpp"
#include "base/settings_loader.hpp"

namespace chatsync {

/// Refuses settings that contradict each other, or of which some would silently have no effect.
Result<void> check_combinations(const LoadedSettings& loaded);

}  // namespace chatsync

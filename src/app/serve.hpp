#pragma once

#include "base/settings.hpp"

namespace chatsync::app {

/// Serves until SIGTERM or SIGINT, then shuts down as docs/architecture.md says. Returns one of
/// exit_codes.hpp; ends the process by itself if the shutdown takes longer than SHUTDOWN_TIMEOUT or at a
/// second signal.
int serve(const Settings& settings);

}  // namespace chatsync::app

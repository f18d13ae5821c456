#pragma once

#include "base/settings.hpp"

namespace chatsync::app {

/// The exit codes of the program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitTurnsRemain = 1;  ///< Stopped, but some turns could not be synced; they are kept.
inline constexpr int kExitCannotStart = 2;  ///< A bad setting, or a server that cannot be reached at start.

/// Serves until SIGTERM or SIGINT, then shuts down as docs/architecture.md says. Returns the exit code; ends
/// the process by itself if the shutdown takes longer than SHUTDOWN_TIMEOUT or at a second signal.
int serve(const Settings& settings);

}  // namespace chatsync::app

#pragma once

namespace chatsync::app {

/// The exit codes of the program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitTurnsRemain = 1;  ///< Stopped, but some turns could not be synced; they are kept.
inline constexpr int kExitFindings = 1;     ///< A command that looks for faults found some.
inline constexpr int kExitCannotStart = 2;  ///< A bad setting, or a server that cannot be reached at start.

}  // namespace chatsync::app

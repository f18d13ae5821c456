#pragma once

#include "run/client_load.hpp"
#include "run/lab.hpp"

namespace chatsync::bench {

/// What the bare loop did where the targets were set in absolute figures, at 64 connections.
namespace bare_loop_then {
inline constexpr double kPerSecond = 59'000;
inline constexpr double kP99Ms = 2.4;
inline constexpr double kCpuUs = 5;  ///< Of a turn, its own.
inline constexpr double kRedisCpuUs = 16;
}  // namespace bare_loop_then

/// A load on bare_chat in one of its modes, on a fresh Redis. The watched processes are the loop and Redis.
/// Throws with what the loop says if it ends.
LoadFigures run_bare_loop(const Lab& lab, const std::string& mode, int connections);

/// What is held against targets that were set beside the bare loop.
inline double bare_loop_per_second(const Lab& lab) { return run_bare_loop(lab, "commands", 64).per_second; }

}  // namespace chatsync::bench

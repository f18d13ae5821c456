#pragma once

#include <filesystem>

#include "prove/kill_sweep.hpp"

namespace chatsync::test {

/// Kills a server that was built with fail points at each of its steps, at the first `passes` passes of each:
/// on Redis and MySQL with an outage of Redis in the middle of the load, or on the embedded cache and SQLite.
/// Steps that the load does not come to are left out. `server` is its binary; empty: the one of this build.
SweepReport sweep_steps(Combination combination, int passes, const std::filesystem::path& server = {});

}  // namespace chatsync::test

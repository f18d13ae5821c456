#pragma once

#include <string_view>

/// Places where tests break a running process, and bugs that they plant to see them caught. All of it is
/// empty unless the build has CHATSYNC_FAULTS, which no build that is served or measured has.
namespace chatsync::fault {

/// Mistakes that this kind of system is known for, one for each line of defence.
enum class PlantedBug {
  acknowledge_before_commit,
  drop_batch_on_failure,
  lost_wake_up,
  join_running_drain,
  forget_bisected_half,
  count_not_raised_after_rewind,
  trust_cache_after_outage,
  settle_twice,
};

#ifdef CHATSYNC_FAULTS

/// Whether `bug` is the one planted, by plant() or by its name in the environment variable CHATSYNC_PLANT.
bool planted(PlantedBug bug);

/// Passed at a step whose name is given. Ends the process as `kill -9` does if the environment variable
/// CHATSYNC_KILL_AT is `name:n` and this is the n-th time that it is passed.
void point(std::string_view step);

#else

constexpr bool planted(PlantedBug) { return false; }
constexpr void point(std::string_view) {}

#endif

}  // namespace chatsync::fault

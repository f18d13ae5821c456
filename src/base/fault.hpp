#pragma once

#include <optional>
#include <span>
#include <string_view>

/// Places where tests break a running process, and bugs that they plant to see them caught. All of it is
/// empty unless the build has CHATSYNC_FAULTS, which no build that is served or measured has.
namespace chatsync::fault {

/// Mistakes that this kind of system is known for, one for each line of defence. Those of the cache's scripts
/// and of the store's statements are planted in the simulator's models, and in the real ones where that is a
/// matter of one condition.
enum class PlantedBug {
  acknowledge_before_commit,
  synced_reply_before_commit,
  drop_batch_on_failure,
  forget_bisected_half,
  lost_wake_up,
  join_running_drain,
  trust_cache_after_outage,
  retry_with_new_id,
  acknowledge_whole_session,
  insert_ignore,
  identity_by_content,
  count_not_raised_after_rewind,
  seed_sets_count_back,
  settle_twice,
  time_from_clock_alone,
  expire_pending_sessions,
  drop_dirty_mark,
  ignore_tombstone,
};

#ifdef CHATSYNC_FAULTS

struct NamedBug {
  PlantedBug bug;
  std::string_view name;
};
std::span<const NamedBug> planted_bugs();

/// Plants one bug, or none. Without a call it is the one named in the environment variable CHATSYNC_PLANT; an
/// unknown name ends the process. Any thread.
void plant(std::optional<PlantedBug> bug);
bool planted(PlantedBug bug);

/// The names of all steps that point() knows.
std::span<const std::string_view> steps();

/// Passed at a step of steps(); another name ends the process. Ends it as `kill -9` does if the environment
/// variable CHATSYNC_KILL_AT is `name:n` and this is the n-th time that the step is passed. Any thread.
void point(std::string_view step);

#else

constexpr bool planted(PlantedBug) { return false; }
constexpr void point(std::string_view) {}

#endif

}  // namespace chatsync::fault

#include "base/fault.hpp"

#ifdef CHATSYNC_FAULTS

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace chatsync::fault {
namespace {

constexpr std::array kBugs = {
    NamedBug{PlantedBug::acknowledge_before_commit, "acknowledge_before_commit"},
    NamedBug{PlantedBug::synced_reply_before_commit, "synced_reply_before_commit"},
    NamedBug{PlantedBug::drop_batch_on_failure, "drop_batch_on_failure"},
    NamedBug{PlantedBug::forget_bisected_half, "forget_bisected_half"},
    NamedBug{PlantedBug::lost_wake_up, "lost_wake_up"},
    NamedBug{PlantedBug::join_running_drain, "join_running_drain"},
    NamedBug{PlantedBug::trust_cache_after_outage, "trust_cache_after_outage"},
    NamedBug{PlantedBug::retry_with_new_id, "retry_with_new_id"},
    NamedBug{PlantedBug::acknowledge_whole_session, "acknowledge_whole_session"},
    NamedBug{PlantedBug::insert_ignore, "insert_ignore"},
    NamedBug{PlantedBug::identity_by_content, "identity_by_content"},
    NamedBug{PlantedBug::count_not_raised_after_rewind, "count_not_raised_after_rewind"},
    NamedBug{PlantedBug::seed_sets_count_back, "seed_sets_count_back"},
    NamedBug{PlantedBug::settle_twice, "settle_twice"},
    NamedBug{PlantedBug::time_from_clock_alone, "time_from_clock_alone"},
    NamedBug{PlantedBug::expire_pending_sessions, "expire_pending_sessions"},
    NamedBug{PlantedBug::drop_dirty_mark, "drop_dirty_mark"},
    NamedBug{PlantedBug::ignore_tombstone, "ignore_tombstone"},
};

constexpr std::array<std::string_view, 22> kSteps = {
    // A request.
    "service.before_record",
    "service.recorded",
    "service.buried",
    // A session that is brought from the store into the cache, and the numbers of its unsettled turns.
    "load.read",
    "load.seeded",
    "settle.settled",
    "settle.forgotten",
    // A drain.
    "drain.claimed",
    "drain.before_write",
    "drain.written",
    "drain.acknowledged",
    // A commit asked for by a single turn.
    "commit.before_write",
    "commit.written",
    "commit.acknowledged",
    // Turns that the store takes in the cache's place.
    "append.before_write",
    "append.written",
    // The transactions.
    "mysql.before_commit",
    "mysql.committed",
    "sqlite.before_commit",
    "sqlite.committed",
    "journal.before_commit",
    "journal.committed",
};

[[noreturn]] void refuse(std::string_view what, std::string_view name) {
  fmt::print(stderr, "chatsync: there is no {} called '{}'\n", what, name);
  std::_Exit(2);
}

std::string_view setting(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables.
  return text == nullptr ? std::string_view() : std::string_view(text);
}

constexpr int kNone = -1;

int planted_by_environment() {
  const std::string_view name = setting("CHATSYNC_PLANT");
  if (name.empty()) return kNone;
  const auto* const found = std::ranges::find(kBugs, name, &NamedBug::name);
  if (found == kBugs.end()) refuse("planted bug", name);
  return static_cast<int>(found->bug);
}

std::atomic<int>& current_bug() {
  static std::atomic<int> current{planted_by_environment()};
  return current;
}

struct KillOrder {
  std::string_view step;
  int pass = 0;
};

KillOrder kill_order() {
  const std::string_view order = setting("CHATSYNC_KILL_AT");
  if (order.empty()) return {};
  const std::size_t colon = std::min(order.find(':'), order.size());
  KillOrder kill{.step = order.substr(0, colon), .pass = 1};
  if (colon < order.size()) std::from_chars(order.data() + colon + 1, order.data() + order.size(), kill.pass);
  if (std::ranges::find(kSteps, kill.step) == kSteps.end()) refuse("step", kill.step);
  return kill;
}

}  // namespace

std::span<const NamedBug> planted_bugs() { return kBugs; }

void plant(std::optional<PlantedBug> bug) {
  current_bug().store(bug ? static_cast<int>(*bug) : kNone, std::memory_order_relaxed);
}

bool planted(PlantedBug bug) {
  return current_bug().load(std::memory_order_relaxed) == static_cast<int>(bug);
}

std::span<const std::string_view> steps() { return kSteps; }

void point(std::string_view step) {
  static const KillOrder order = kill_order();
  static std::atomic<int> passes{0};
  if (std::ranges::find(kSteps, step) == kSteps.end()) refuse("step", step);
  if (step != order.step || passes.fetch_add(1) + 1 != order.pass) return;
  ::kill(::getpid(), SIGKILL);
}

}  // namespace chatsync::fault

#endif

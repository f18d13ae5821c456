#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "prove/observe.hpp"
#include "support/history_check.hpp"
#include "support/kill_switch.hpp"

namespace chatsync::test {

/// Between the moment in which others see that a process is dead and its parent is told.
inline constexpr std::chrono::milliseconds kEndOfAProcess{50};

/// Who dies.
enum class Victim { server, redis, mariadb };

/// One load that ends in a kill, at the `number`th write of the victim since the load began.
struct KillPoint {
  std::uint64_t number = 1;
  bool torn = false;     ///< Half of the bytes of that write are written.
  int synced_every = 0;  ///< Of so many turns one is asked for with durability "synced"; 0: none.
};

/// Kills one part of a running system again and again: each time under a small load that records and drains,
/// at one exact write; then it starts that part anew, lets the system heal, and compares what clients were
/// told with what is there. Use from one thread.
class KillSweep {
 public:
  KillSweep(Combination combination, Victim victim);

  struct Outcome {
    bool killed = false;  ///< False: the load was over before the victim came to that write.
    Verdict verdict;
  };
  Outcome strike(const KillPoint& point);

 private:
  bool victim_ended(std::chrono::milliseconds patience);
  void revive();

  const Victim victim_;
  KillSwitch switch_;
  World world_;
  std::unique_ptr<ChatsyncProcess> server_;
  int points_ = 0;
};

/// A sweep over the writes 1, 1 + `stride`, 1 + 2 `stride` … and, where a load is over before the next one,
/// again from the first with a load of another kind, until `points` kills have been.
struct SweepReport {
  int kills = 0;
  std::uint64_t highest = 0;  ///< The largest number of a write that killed.
  Verdict verdict;
};
SweepReport sweep(Combination combination, Victim victim, int points, std::uint64_t stride = 1);

}  // namespace chatsync::test

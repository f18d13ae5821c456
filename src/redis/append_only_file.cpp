// Each script's effects stand in the append-only file as one transaction, MULTI … EXEC. A crash can cut the
// file in the midst of one. Redis then drops the half transaction from memory but, when the cut is within a
// command, shortens the file only to the last whole command, and appends what comes next behind the open
// MULTI. At the next start after that, the half is carried out together with the first transaction behind it:
// a turn that was dropped, and whose number another turn has got, comes back, or is counted without being
// there.
//
// A rewrite begins a file of its own at once. If Redis crashes again before the rewrite is done, it finds the
// open transaction at the end of a file, drops it from there too, and may want to be started twice.
// Observed with Redis 7.0.15; `redis-check-aof --fix`, run between crash and start, does the same.
#include "redis/append_only_file.hpp"

#include "redis/info.hpp"

namespace chatsync::redis {

bool may_end_in_half_a_transaction(std::string_view info_persistence) {
  return info_field(info_persistence, "aof_enabled") == "1" &&
         info_field(info_persistence, "aof_rewrite_in_progress") == "0" &&
         info_field(info_persistence, "aof_rewrite_scheduled") == "0" &&
         info_field(info_persistence, "aof_last_rewrite_time_sec") == "-1";
}

}  // namespace chatsync::redis

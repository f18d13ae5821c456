#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulation/cache_server.hpp"
#include "simulation/store_server.hpp"
#include "simulation/world.hpp"

namespace chatsync::simulation {

enum class Outcome { open, acknowledged, failed, unknown };

/// A call of /chat as its client saw it. `user_id` of the turn names it, so that a turn is recognised whose
/// id the client never learned.
struct Call {
  std::string user_id;
  std::string session_id;  ///< Empty until the service has told it.
  std::string question;
  bool wants_synced = false;
  Micros invoked = 0;
  Micros ended = 0;
  Outcome outcome = Outcome::open;
  std::string error;

  std::string turn_id;  ///< Empty if the turn is recorded and its client was told no more.
  std::int64_t count = 0;
  std::int64_t timestamp_us = 0;
  bool provisional = false;
};

struct Erasure {
  Micros invoked = 0;
  std::optional<Micros> acknowledged;  ///< Of the first that was.
};

/// What clients were told, what the run took away from the cache, and the comparison with what is there.
class Ledger {
 public:
  Ledger(const World& world, CacheServer& cache, const StoreServer& store)
      : world_(world), cache_(cache), store_(store) {}

  std::map<std::string, Call> calls;  ///< By user id.
  std::map<std::string, Erasure> erasures;
  std::set<std::string> sessions_of_strangers;
  std::set<std::string> created;  ///< Sessions whose creation was acknowledged.

  /// The cache loses its memory and goes on with `next`: what only it had may be lost.
  void excuse(const CacheMemory& lost, const CacheMemory& next);

  /// While the run goes on.
  void check_synced_reply(const Call& call);
  void check_barrier(Micros invoked);
  void check_read(const std::string& session_id, Micros invoked, const std::vector<Turn>& turns);

  /// After healing: what the periodic drains alone have left.
  void check_drained_by_itself();
  /// After the last drain.
  void check_at_rest();

  void violate(std::string what);

  std::vector<std::string> violations;
  std::size_t quarantined = 0;

 private:
  bool is_erased(const std::string& session_id) const { return erasures.contains(session_id); }
  bool is_stored(const Call& call) const;
  /// Stored, or not to be expected in the store.
  bool is_settled(const Call& call) const;
  void check_call(const Call& call);
  void check_rows();
  void check_session(const std::string& session_id);
  void check_order(const std::string& session_id, const std::vector<const Call*>& known);
  void check_cached(const std::string& session_id, const std::vector<Turn>& rows, std::int64_t count);

  const World& world_;
  CacheServer& cache_;
  const StoreServer& store_;
  std::set<std::string> excused_;             ///< Turn ids that the cache took along.
  std::set<std::string> excused_users_;       ///< The same by call.
  std::map<std::string, std::int64_t> lost_;  ///< How many, by session.
  std::set<std::string> rewound_;             ///< Sessions whose cached state was replaced.
  /// Calls whose turns the store had, but their numbers only the memory that was lost: they are numbered
  /// anew.
  std::set<std::string> renumbered_;
};

}  // namespace chatsync::simulation

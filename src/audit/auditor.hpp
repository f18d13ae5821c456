#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/judgement.hpp"
#include "base/error.hpp"
#include "chat/dead_letters.hpp"
#include "chat/pending_turns.hpp"
#include "chat/store_audit.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::audit {

struct Mismatch {
  std::string session_id;
  std::vector<std::string> faults;
};

struct AuditReport {
  static constexpr std::size_t kMismatchesShown = 20;

  Ledger ledger;
  std::int64_t stored_sessions = 0;
  std::int64_t cached_sessions = 0;  ///< Those that the store does not know yet.
  std::int64_t erased_sessions = 0;
  std::int64_t mismatch_count = 0;
  std::vector<Mismatch> mismatches;     ///< The first ones.
  std::int64_t stored_and_pending = 0;  ///< Turns that are stored and not acknowledged yet.
  std::int64_t unsteady_sessions = 0;   ///< They changed whenever they were looked at, and were not judged.

  bool whole() const { return mismatch_count == 0 && ledger.difference() == 0; }
};

/// Compares the store with the cache, session by session, in both directions and in pages. Reads only. Other
/// processes may go on meanwhile: a session that does not add up is looked at again until two looks agree.
/// Single use, on the executor of `cache` and `pending`.
class Auditor {
 public:
  struct Parts {
    TurnCache& cache;
    PendingTurns& pending;
    TurnStore& store;
    StoreAudit& rows;
    DeadLetters& letters;
  };

  explicit Auditor(Parts parts) : parts_(parts) {}

  AsyncResult<AuditReport> run();

 private:
  AsyncResult<void> audit_stored_sessions();
  AsyncResult<void> audit_cached_sessions();
  AsyncResult<void> audit_pending_turns();
  AsyncResult<void> audit_orphans();
  AsyncResult<void> count_letters();

  AsyncResult<void> audit(SessionView quick);
  AsyncResult<void> audit_pending_of(std::string session_id, std::int64_t pending);
  /// The session as it is at one moment; nothing if it does not keep still.
  AsyncResult<std::optional<SessionView>> look(std::string session_id);
  AsyncResult<SessionView> look_once(std::string session_id);
  /// With the dead letters of a session that has no row in the store: no turn of it was ever written.
  AsyncResult<SessionView> add_letters(SessionView view);
  AsyncResult<std::int64_t> count_stored_and_pending(std::string session_id);
  AsyncResult<std::optional<StoreTally>> tally_of(std::string session_id);
  AsyncResult<std::optional<SessionView::Cached>> cached_view(std::string session_id);
  void report(const std::string& session_id, std::vector<std::string> faults);

  Parts parts_;
  AuditReport report_;
  std::int64_t letters_of_sessions_ = 0;
  std::set<std::string> reported_;  ///< The sessions of report_.mismatches.
  std::set<std::string> unsteady_;  ///< Sessions that did not keep still.
  /// What the ledger has of sessions with pending turns from looking at cache and store one after the other.
  std::map<std::string, Ledger> quick_shares_;
};

}  // namespace chatsync::audit

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "chat/pending_turns.hpp"
#include "chat/turn_cache.hpp"

namespace chatsync::embedded {

struct CacheOptions {
  /// How long a session with nothing left to sync stays cached after its last turn was synced.
  std::chrono::milliseconds session_ttl{86'400'000};
  /// How many such sessions stay cached; past that, the ones synced longest ago go first.
  std::size_t max_clean_sessions = 100'000;
};

/// The in-process cache, used when no Redis is configured. It serves both the request path and the
/// synchroniser.
///
/// An accepted turn is committed to the journal (SQLite, fsynced) before record() returns, so neither `kill
/// -9` nor a power cut loses it; the next start finds every cached session as it was, with its count, history
/// and pending turns. Memory holds an index of about 20 bytes a turn; texts stay in the journal.
///
/// Thread-safe: one object serves all I/O threads and the synchroniser; every call resumes on its caller's
/// executor. The object must outlive its calls and passes; its destructor commits what is queued.
/// `ErrorKind::unavailable` (disk full, I/O error) means that nothing of the call remains. A failed fsync
/// alone is reported as `outcome_unknown`: a power cut right after it may or may not show the turn.
class EmbeddedTurnCache final : public TurnCache, public PendingTurns {
 public:
  struct State;

  explicit EmbeddedTurnCache(std::unique_ptr<State> state);
  ~EmbeddedTurnCache() override;
  EmbeddedTurnCache(const EmbeddedTurnCache&) = delete;
  EmbeddedTurnCache& operator=(const EmbeddedTurnCache&) = delete;

  AsyncResult<RecordOutcome> record(const Turn* turn, SessionPresence presence) override;
  AsyncResult<std::vector<SettledTurn>> seed(SessionSeed seed) override;
  AsyncResult<void> forget_settled(std::string session_id, std::vector<std::int64_t> timestamps_us) override;
  std::uint64_t lineage() const override { return 0; }
  AsyncResult<bool> create(Session session) override;
  AsyncResult<std::optional<CachedSession>> find(std::string session_id) override;
  AsyncResult<Session> own_data(std::string session_id) override;
  AsyncResult<std::vector<Turn>> history(std::string session_id) override;
  AsyncResult<std::vector<Turn>> pending(std::string session_id, TurnPage page) override;
  AsyncResult<std::vector<Session>> unsynced_sessions_of(std::string user_id) override;
  /// The Redis form, `session:{id}:msg:{timestamp}`.
  std::string pending_key(const std::string& session_id, std::int64_t timestamp_us) const override;
  AsyncResult<std::size_t> erase(std::string session_id) override;
  AsyncResult<CacheHealth> health() override;
  std::string kind() const override { return "embedded"; }

  /// Nobody else writes into the journal, so both kinds of pass visit the same turns. Turns come session by
  /// session; a pass reads texts batch by batch and holds nothing else open in between.
  std::unique_ptr<PendingPass> begin_pass(PassKind kind) override;
  AsyncResult<std::size_t> acknowledge(SharedBatch batch) override;
  AsyncResult<std::size_t> count_pending() override;
  AsyncResult<std::optional<std::int64_t>> oldest_pending_us() override;
  std::unique_ptr<SessionWalk> walk_sessions() override;

 private:
  std::unique_ptr<State> state_;
};

/// Opens the journal in the file `journal` (normally DATA_DIR/journal.db), creates it if it is missing, and
/// rebuilds the index from it; blocks the caller meanwhile, a second or two for a million turns. The caller
/// holds the DataDirLock of its folder: two processes on one journal would number turns twice. `clock` must
/// outlive the cache.
Result<std::shared_ptr<EmbeddedTurnCache>> open_embedded_cache(const std::filesystem::path& journal,
                                                               CacheOptions options, const Clock& clock);

}  // namespace chatsync::embedded

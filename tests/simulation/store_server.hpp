#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chat/turn_store.hpp"

namespace chatsync::simulation {

/// The store as a model: each transaction one step on plain containers.
class StoreServer {
 public:
  struct StoredState {
    Session session;
    bool deleted = false;
    std::set<std::int64_t> unsettled;  ///< Time stamps.
  };
  using Place = std::pair<std::string, std::int64_t>;  ///< Session and time stamp.

  Result<WriteOutcome> write(const TurnBatch& batch);
  Result<std::vector<Result<AppendOutcome>>> append(const std::vector<DirectTurn>& turns);
  std::vector<std::string> unsettled_sessions(const std::string& after, std::size_t limit) const;
  Result<void> settle(const std::string& session_id, std::vector<SettledTurn> turns, std::uint64_t lineage);
  std::uint64_t admitted_lineage() const { return admitted_; }
  bool admit_lineage(std::uint64_t lineage, std::uint64_t expected);
  std::vector<SessionCount> counts_of(const std::vector<std::string>& session_ids) const;
  std::optional<StoredSession> load(const std::string& session_id, std::size_t recent) const;
  std::vector<Turn> turns(const std::string& session_id, const TurnPage& page) const;
  std::vector<Session> sessions_of(const std::string& user_id, const SessionPage& page) const;
  std::size_t erase(const std::string& session_id, std::int64_t accepted);

  const Turn* find(const std::string& turn_id) const;
  bool is_unsettled(const std::string& turn_id) const;

  /// Turns that no column takes.
  static bool refuses(const Turn& turn) { return turn.question.contains("poison"); }

  bool up = true;
  std::map<std::string, StoredState> sessions;
  std::map<Place, Turn> rows;
  std::vector<DeadLetter> dead_letters;
  std::set<std::uint64_t> lineages;

 private:
  bool refuses_lineage(std::uint64_t lineage) const;
  bool settle_by(const Turn& turn);
  void move_row(const Place& from, std::optional<std::int64_t> seq, std::int64_t timestamp_us);
  void insert(const PendingTurn& pending, WriteOutcome& outcome);
  void quarantine(DeadLetter letter);
  Result<AppendOutcome> append_one(const DirectTurn& direct);
  std::vector<Turn> of_session(const std::string& session_id) const;

  std::map<std::string, Place> places_;  ///< By turn id.
  std::uint64_t admitted_ = 0;           ///< The lineage admitted last.
  std::set<std::uint64_t> superseded_;   ///< Those before it.
};

}  // namespace chatsync::simulation

#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chat/turn_stamp.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::test {

/// A TurnStore in memory, for one thread. Failures are switched on by its public members.
class MemoryTurnStore final : public TurnStore {
 public:
  /// Set: every call fails with it and changes nothing.
  std::optional<Error> outage;
  /// A batch that holds such a turn is rejected as a whole.
  std::function<bool(const Turn&)> refuses = [](const Turn&) { return false; };
  /// Awaited by write() before it does anything; lets a test hold a write under way.
  std::function<boost::asio::awaitable<void>()> before_write;

  std::map<std::pair<std::string, std::int64_t>, Turn> rows;
  std::map<std::string, Session> sessions;
  std::set<std::string> tombstones;
  std::vector<DeadLetter> dead_letters;
  std::map<std::string, std::set<std::int64_t>> unsettled;  ///< Time stamps by session.
  std::set<std::uint64_t> lineages;
  std::uint64_t admitted = 0;  ///< The lineage admitted last.
  std::set<std::uint64_t> superseded;
  std::vector<std::size_t> batch_sizes;

  AsyncResult<WriteOutcome> write(SharedBatch batch) override {
    if (before_write) co_await before_write();
    if (outage) co_return std::unexpected(*outage);
    if (is_superseded(batch->lineage)) co_return refuse_superseded();
    for (const PendingTurn& pending : batch->turns) {
      if (refuses(pending.turn)) co_return fail(ErrorKind::rejected, "refused by the store", "1366");
    }
    batch_sizes.push_back(batch->turns.size());
    WriteOutcome outcome;
    for (const Session& session : batch->sessions) upsert(session);
    for (const PendingTurn& pending : batch->turns) insert(pending, outcome);
    for (const DeadLetter& letter : batch->dead_letters) {
      tombstones.contains(letter.session_id) ? static_cast<void>(++outcome.deleted)
                                             : dead_letters.push_back(letter);
    }
    co_return outcome;
  }

  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override {
    if (outage) co_return std::unexpected(*outage);
    StoredSession stored;
    stored.deleted = tombstones.contains(session_id);
    const auto found = sessions.find(session_id);
    if (found == sessions.end() && !stored.deleted) co_return std::nullopt;
    if (found != sessions.end()) stored.session = found->second;
    const std::set<std::int64_t>& open = unsettled[session_id];
    for (Turn& turn : newest(session_id, {.limit = recent + open.size()})) {
      if (!open.contains(turn.timestamp_us)) stored.recent.push_back(std::move(turn));
    }
    if (stored.recent.size() > recent) stored.recent.erase(stored.recent.begin());
    for (const std::int64_t timestamp_us : open) {
      if (stored.unsettled.size() < kUnsettledAtOnce)
        stored.unsettled.push_back(rows.at({session_id, timestamp_us}));
    }
    stored.unsettled_count = static_cast<std::int64_t>(open.size());
    co_return stored;
  }

  AsyncResult<std::vector<Result<AppendOutcome>>> append(
      std::shared_ptr<const std::vector<DirectTurn>> turns) override {
    if (before_write) co_await before_write();
    if (outage) co_return std::unexpected(*outage);
    std::vector<Result<AppendOutcome>> outcomes;
    for (const DirectTurn& direct : *turns) outcomes.push_back(append_one(direct));
    co_return outcomes;
  }

  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) override {
    if (outage) co_return std::unexpected(*outage);
    std::vector<std::string> found;
    for (auto at = unsettled.upper_bound(after); at != unsettled.end() && found.size() < limit; ++at) {
      if (!at->second.empty()) found.push_back(at->first);
    }
    co_return found;
  }

  AsyncResult<std::uint64_t> admitted_lineage() override {
    if (outage) co_return std::unexpected(*outage);
    co_return admitted;
  }

  AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) override {
    if (outage) co_return std::unexpected(*outage);
    if (admitted != expected) co_return false;
    if (lineage == admitted) co_return true;
    if (superseded.contains(lineage)) co_return false;
    if (admitted != 0) superseded.insert(admitted);
    admitted = lineage;
    co_return true;
  }

  AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                           std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    if (is_superseded(lineage)) co_return refuse_superseded();
    std::ranges::sort(turns, std::greater(), &SettledTurn::timestamp_us);
    for (const SettledTurn& turn : turns) {
      if (unsettled[session_id].erase(turn.timestamp_us) == 0) continue;
      auto row = rows.extract({session_id, turn.timestamp_us});
      row.mapped().seq = turn.seq;
      if (!rows.contains({session_id, turn.final_timestamp_us})) {
        row.mapped().timestamp_us = row.key().second = turn.final_timestamp_us;
      }
      rows.insert(std::move(row));
      std::int64_t& count = sessions[session_id].question_count;
      count = std::max(count, turn.seq);
    }
    co_return Result<void>();
  }

  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) override {
    if (outage) co_return std::unexpected(*outage);
    std::vector<SessionCount> counts;
    for (const std::string& id : session_ids) {
      const auto found = sessions.find(id);
      if (found != sessions.end() && !tombstones.contains(id))
        counts.push_back({id, found->second.question_count});
    }
    co_return counts;
  }

  AsyncResult<bool> knows_lineage(std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    co_return lineages.contains(lineage);
  }

  AsyncResult<void> note_lineage(std::uint64_t lineage) override {
    if (outage) co_return std::unexpected(*outage);
    lineages.insert(lineage);
    co_return Result<void>();
  }

  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override {
    if (outage) co_return std::unexpected(*outage);
    co_return newest(session_id, page);
  }

  AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) override {
    if (outage) co_return std::unexpected(*outage);
    for (const auto& [place, turn] : rows) {
      if (turn.turn_id == turn_id) co_return turn;
    }
    co_return std::nullopt;
  }

  AsyncResult<std::int64_t> count_turns(std::string session_id) override {
    if (outage) co_return std::unexpected(*outage);
    co_return std::ranges::count(rows, session_id, [](const auto& row) { return row.first.first; });
  }

  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override {
    if (outage) co_return std::unexpected(*outage);
    const auto place = [&](const Session& s) {
      return std::pair(page.order == SessionPage::Order::by_id ? 0 : -s.updated_at_us, s.session_id);
    };
    std::vector<Session> found;
    for (const auto& [id, session] : sessions) {
      const bool passed = page.after && place(session) <= place({.session_id = page.after->session_id,
                                                                 .updated_at_us = page.after->updated_at_us});
      if (session.user_id == user_id && tombstones.contains(id) == page.erased && !passed)
        found.push_back(session);
    }
    std::ranges::sort(found, {}, place);
    if (found.size() > page.limit) found.resize(page.limit);
    co_return found;
  }

  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) override {
    if (outage) co_return std::unexpected(*outage);
    tombstones.insert(session_id);
    unsettled.erase(session_id);
    std::erase_if(dead_letters, [&](const DeadLetter& letter) { return letter.session_id == session_id; });
    Session& session = sessions[session_id];
    session.session_id = session_id;
    session.question_count = std::max(session.question_count, accepted);
    co_return std::erase_if(rows, [&](const auto& row) { return row.first.first == session_id; });
  }

  AsyncResult<void> ping() override {
    if (outage) co_return std::unexpected(*outage);
    co_return Result<void>();
  }

  std::string kind() const override { return "memory"; }

 private:
  bool is_superseded(std::uint64_t lineage) const {
    return lineage != 0 && admitted != 0 && lineage != admitted;
  }
  static std::unexpected<Error> refuse_superseded() {
    return fail(ErrorKind::conflict, "another cache has taken its place", kLineageSuperseded);
  }

  Result<AppendOutcome> append_one(const DirectTurn& direct) {
    Turn turn = direct.turn;
    if (tombstones.contains(turn.session_id)) return fail(ErrorKind::gone, "erased");
    if (refuses(turn)) return fail(ErrorKind::rejected, "refused by the store", "1366");
    Session& session = sessions[turn.session_id];
    if (session.session_id.empty()) {
      session = {.session_id = turn.session_id, .user_id = turn.user_id, .created_at_us = turn.timestamp_us};
    }
    std::set<std::int64_t>& open = unsettled[turn.session_id];
    const std::vector<Turn> last = newest(turn.session_id, {.limit = 1});
    turn.timestamp_us = store_stamp(turn.timestamp_us, last.empty() ? 0 : last.back().timestamp_us);
    turn.seq = session.question_count + static_cast<std::int64_t>(open.size()) + 1;
    session.updated_at_us = std::max(session.updated_at_us, turn.timestamp_us);
    open.insert(turn.timestamp_us);
    rows.emplace(std::pair(turn.session_id, turn.timestamp_us), turn);
    return AppendOutcome{
        .question_count = *turn.seq, .timestamp_us = turn.timestamp_us, .provisional = !direct.known_new};
  }

  void upsert(const Session& session) {
    Session& stored = sessions.try_emplace(session.session_id, session).first->second;
    stored.question_count = std::max(stored.question_count, session.question_count);
    if (tombstones.contains(session.session_id)) return;
    stored.updated_at_us = std::max(stored.updated_at_us, session.updated_at_us);
    if (!session.title.empty()) stored.title = session.title;
  }

  void insert(const PendingTurn& pending, WriteOutcome& outcome) {
    const Turn& turn = pending.turn;
    if (tombstones.contains(turn.session_id)) {
      ++outcome.deleted;
      return;
    }
    if (settle_by(turn)) return;
    const auto [row, inserted] = rows.try_emplace({turn.session_id, turn.timestamp_us}, turn);
    if (inserted) {
      ++outcome.inserted;
      Session& session = sessions[turn.session_id];
      session.question_count = std::max(session.question_count, turn.seq.value_or(0));
    } else if (row->second.turn_id != turn.turn_id) {
      ++outcome.quarantined;
      dead_letters.push_back(
          {.session_id = turn.session_id, .key = pending.key, .error_code = "identity_clash"});
    }
  }

  /// Whether the turn is stored and unsettled; then it gets what the cache gave it.
  bool settle_by(const Turn& turn) {
    std::set<std::int64_t>& open = unsettled[turn.session_id];
    const auto found = std::ranges::find_if(open, [&](std::int64_t timestamp_us) {
      return rows.at({turn.session_id, timestamp_us}).turn_id == turn.turn_id;
    });
    if (found == open.end()) return false;
    auto row = rows.extract({turn.session_id, *found});
    open.erase(found);
    row.mapped() = turn;
    if (rows.contains({turn.session_id, turn.timestamp_us})) row.mapped().timestamp_us = row.key().second;
    row.key().second = row.mapped().timestamp_us;
    rows.insert(std::move(row));
    Session& session = sessions[turn.session_id];
    session.question_count = std::max(session.question_count, turn.seq.value_or(0));
    return true;
  }

  std::vector<Turn> newest(const std::string& session_id, const TurnPage& page) const {
    std::vector<Turn> found;
    for (const auto& [key, turn] : rows) {
      if (key.first != session_id || (page.before_us && key.second >= *page.before_us) ||
          (page.after_us && key.second <= *page.after_us)) {
        continue;
      }
      found.push_back(turn);
    }
    if (found.size() <= page.limit) return found;
    const auto excess = static_cast<std::ptrdiff_t>(found.size() - page.limit);
    page.after_us ? found.erase(found.end() - excess, found.end())
                  : found.erase(found.begin(), found.begin() + excess);
    return found;
  }
};

}  // namespace chatsync::test

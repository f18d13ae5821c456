#include "sql/mysql_turn_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/blocking_pool.hpp"
#include "base/grouped_work.hpp"
#include "sql/append_plan.hpp"
#include "sql/mysql_append.hpp"
#include "sql/mysql_audit.hpp"
#include "sql/mysql_conversations.hpp"
#include "sql/mysql_erase.hpp"
#include "sql/mysql_letters.hpp"
#include "sql/mysql_lineages.hpp"
#include "sql/mysql_read.hpp"
#include "sql/mysql_search.hpp"
#include "sql/mysql_settle.hpp"
#include "sql/mysql_store.hpp"
#include "sql/mysql_write.hpp"
#include "sql/replay.hpp"

namespace chatsync::sql {
namespace {

// One more connection is left to those who ask for something else.
constexpr std::size_t kLoadsAtOnce = 2;
constexpr std::size_t kSessionsOfALoad = 256;

class MySqlTurnStore final : public SqlStore {
 public:
  MySqlTurnStore(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path, std::size_t threads)
      : path_(path),
        connections_(std::move(pool)),
        loads_(threads_, kLoadsAtOnce, kSessionsOfALoad,
               [this](std::span<const SessionLoad> wanted) { return load_group(wanted); }),
        threads_(std::max<std::size_t>(threads, 1)) {}

  AsyncResult<WriteOutcome> write(SharedBatch batch) override {
    co_return co_await run("writing a batch", [batch, path = path_](MySqlConnection& connection) {
      return write_batch(connection, *batch, path);
    });
  }

  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override {
    co_return co_await loads_.run({.session_id = std::move(session_id), .recent = recent});
  }

  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override {
    co_return co_await run("reading turns", [session_id, page](MySqlConnection& connection) {
      return read_turns(connection, session_id, page);
    });
  }

  AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) override {
    co_return co_await run("looking for a turn", [turn_id](MySqlConnection& connection) {
      return sql::find_turn(connection, turn_id);
    });
  }

  AsyncResult<std::int64_t> count_turns(std::string session_id) override {
    co_return co_await run("counting turns", [session_id](MySqlConnection& connection) {
      return sql::count_turns(connection, session_id);
    });
  }

  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override {
    co_return co_await run("reading sessions", [user_id, page](MySqlConnection& connection) {
      return read_sessions_of(connection, user_id, page);
    });
  }

  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) override {
    constexpr std::string_view kDoing = "deleting a session";
    auto buried = co_await run(kDoing, [session_id, accepted](MySqlConnection& connection) {
      return bury_session(connection, session_id, accepted);
    });
    if (!buried) co_return failure_of(std::move(buried));
    for (bool some_left = true; some_left;) {
      const auto letters = co_await run(kDoing, [session_id](MySqlConnection& connection) {
        return delete_some_letters(connection, session_id);
      });
      if (!letters) co_return std::unexpected(letters.error());
      some_left = *letters;
    }
    std::size_t deleted = 0;
    for (std::size_t piece = kTurnsPerPiece; piece == kTurnsPerPiece; deleted += piece) {
      const auto turns = co_await run(kDoing, [session_id](MySqlConnection& connection) {
        return delete_some_turns(connection, session_id);
      });
      if (!turns) co_return std::unexpected(turns.error());
      piece = *turns;
    }
    co_return deleted;
  }

  AsyncResult<AppendOutcomes> append(std::shared_ptr<const std::vector<DirectTurn>> turns) override {
    const auto append_range = [this, turns](std::size_t begin, std::size_t end) {
      return run("appending turns", [turns, begin, end, path = path_](MySqlConnection& connection) {
        return append_turns(connection, std::span(*turns).subspan(begin, end - begin), path);
      });
    };
    co_return co_await append_all_but_rejected(append_range, 0, turns->size());
  }

  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) override {
    co_return co_await run("looking for unsettled turns", [after, limit](MySqlConnection& connection) {
      return read_unsettled_sessions(connection, after, limit);
    });
  }

  AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                           std::uint64_t lineage) override {
    co_return co_await run("settling turns", [session_id, turns, lineage](MySqlConnection& connection) {
      return settle_turns(connection, session_id, turns, lineage);
    });
  }

  AsyncResult<std::uint64_t> admitted_lineage() override {
    co_return co_await run("reading which cache is admitted",
                           [](MySqlConnection& connection) { return read_admitted_lineage(connection); });
  }

  AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) override {
    co_return co_await run("admitting a cache", [lineage, expected](MySqlConnection& connection) {
      return sql::admit_lineage(connection, lineage, expected);
    });
  }

  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) override {
    co_return co_await run("reading counts", [session_ids](MySqlConnection& connection) {
      return read_counts(connection, session_ids);
    });
  }

  AsyncResult<bool> knows_lineage(std::uint64_t lineage) override {
    co_return co_await run("reading lineages", [lineage](MySqlConnection& connection) {
      return is_lineage_known(connection, lineage);
    });
  }

  AsyncResult<void> note_lineage(std::uint64_t lineage) override {
    co_return co_await run("noting a lineage", [lineage](MySqlConnection& connection) {
      return insert_lineage(connection, lineage);
    });
  }

  AsyncResult<std::vector<StoredLetter>> list(LetterPage page) override {
    co_return co_await run("listing dead letters",
                           [page](MySqlConnection& connection) { return list_letters(connection, page); });
  }

  AsyncResult<std::optional<StoredLetter>> find(std::int64_t id) override {
    co_return co_await run("reading a dead letter",
                           [id](MySqlConnection& connection) { return find_letter(connection, id); });
  }

  AsyncResult<void> discard(std::int64_t id) override {
    const auto found = co_await run("discarding a dead letter", [id](MySqlConnection& connection) {
      return discard_letter(connection, id);
    });
    if (!found) co_return std::unexpected(found.error());
    if (!*found) co_return no_such_letter(id);
    co_return Result<void>();
  }

  AsyncResult<ReplayOutcome> replay(std::int64_t id) override {
    auto outcome = co_await run("replaying a dead letter", [id, path = path_](MySqlConnection& connection) {
      return replay_letter(connection, id, path);
    });
    if (!outcome) co_return failure_of(std::move(outcome));
    if (!*outcome) co_return no_such_letter(id);
    co_return **std::move(outcome);
  }

  AsyncResult<void> describe(Session session, std::optional<std::string> title,
                             std::optional<std::string> metadata) override {
    co_return co_await change("describing a session", session.session_id,
                              [session, title, metadata](MySqlConnection& connection) {
                                return describe_session(connection, session, title, metadata);
                              });
  }

  AsyncResult<std::vector<SessionDescription>> descriptions(std::vector<std::string> session_ids) override {
    co_return co_await run("reading descriptions", [session_ids](MySqlConnection& connection) {
      return read_descriptions(connection, session_ids);
    });
  }

  AsyncResult<void> delete_item(Session session, ItemPlace place) override {
    co_return co_await change(
        "deleting an item", session.session_id,
        [session, place](MySqlConnection& connection) { return mark_deleted(connection, session, place); });
  }

  AsyncResult<void> rate_item(Session session, ItemPlace place,
                              std::optional<ItemFeedback> feedback) override {
    co_return co_await change("rating an item", session.session_id,
                              [session, place, feedback](MySqlConnection& connection) {
                                return mark_rated(connection, session, place, feedback);
                              });
  }

  AsyncResult<void> add_sibling(Session session, std::string turn_id, SiblingAnswer sibling) override {
    co_return co_await change("storing another answer", session.session_id,
                              [session, turn_id, sibling](MySqlConnection& connection) {
                                return insert_sibling(connection, session, turn_id, sibling);
                              });
  }

  AsyncResult<std::vector<TurnExtras>> extras_of(std::string session_id,
                                                 std::vector<std::string> turn_ids) override {
    co_return co_await run("reading what was done to turns",
                           [session_id, turn_ids](MySqlConnection& connection) {
                             return read_extras(connection, session_id, turn_ids);
                           });
  }

  AsyncResult<std::optional<std::string>> turn_of_sibling(std::string session_id,
                                                          std::string sibling_id) override {
    co_return co_await run("looking for an answer", [session_id, sibling_id](MySqlConnection& connection) {
      return find_turn_of_sibling(connection, session_id, sibling_id);
    });
  }

  AsyncResult<std::vector<Turn>> search(SearchQuery query) override {
    co_return co_await run("searching turns",
                           [query](MySqlConnection& connection) { return search_turns(connection, query); });
  }

  AsyncResult<std::size_t> index_turns(std::size_t limit) override {
    co_return co_await run("indexing turns", [limit](MySqlConnection& connection) -> SqlResult<std::size_t> {
      if (!connection.keeps_search_index()) return 0;
      return index_some_turns(connection, limit);
    });
  }

  AsyncResult<std::vector<StoreTally>> tallies(std::string after, std::size_t limit) override {
    co_return co_await run("counting what is stored", [after, limit](MySqlConnection& connection) {
      return read_tallies(connection, after, limit);
    });
  }

  AsyncResult<std::vector<std::string>> stored_turn_ids(std::vector<std::string> turn_ids) override {
    co_return co_await run("looking for turns", [turn_ids](MySqlConnection& connection) {
      return read_stored_turn_ids(connection, turn_ids);
    });
  }

  AsyncResult<std::vector<std::int64_t>> missing_seqs(std::string session_id, std::size_t limit) override {
    co_return co_await run("looking for missing turns", [session_id, limit](MySqlConnection& connection) {
      return read_missing_seqs(connection, session_id, limit);
    });
  }

  AsyncResult<std::vector<OrphanTurns>> orphans(std::string after, std::size_t limit) override {
    co_return co_await run("looking for orphans", [after, limit](MySqlConnection& connection) {
      return read_orphans(connection, after, limit);
    });
  }

  AsyncResult<void> ping() override {
    // Taking a connection asks the server, or connects to it.
    co_return co_await run("asking whether it answers", [](MySqlConnection&) { return SqlResult<void>(); });
  }

  std::string kind() const override { return "mysql"; }

 private:
  using Loaded = Result<std::optional<StoredSession>>;

  /// Does `work` with a connection of the pool on a thread of its own. A transaction that the server chose as
  /// the victim of a deadlock is begun again.
  template <class Work>
  auto run(std::string_view doing, Work work)
      -> AsyncResult<typename std::invoke_result_t<Work, MySqlConnection&>::value_type> {
    using Value = typename std::invoke_result_t<Work, MySqlConnection&>::value_type;
    co_return co_await threads_.run(
        [this, doing, work = std::move(work)]() -> Result<Value> { return run_here(doing, work); });
  }

  /// The same on the thread at hand.
  template <class Work>
  auto run_here(std::string_view doing, const Work& work)
      -> Result<typename std::invoke_result_t<Work, MySqlConnection&>::value_type> {
    constexpr int kAttempts = 5;
    auto connection = connections_->take();
    if (!connection) return std::unexpected(to_error(connection.error(), doing_what(doing)));
    auto result = work(**connection);
    for (int attempt = 1; attempt < kAttempts && !result && result.error().code == kDeadlock; ++attempt) {
      result = work(**connection);
    }
    connections_->give_back(std::move(*connection));
    if (!result) return std::unexpected(to_error(result.error(), doing_what(doing)));
    if constexpr (std::is_void_v<typename decltype(result)::value_type>) {
      return {};
    } else {
      return std::move(*result);
    }
  }

  std::vector<Loaded> load_group(std::span<const SessionLoad> wanted) {
    auto sessions = run_here("loading sessions", [wanted](MySqlConnection& connection) {
      return load_sessions(connection, wanted);
    });
    if (!sessions) return std::vector<Loaded>(wanted.size(), std::unexpected(sessions.error()));
    return {std::make_move_iterator(sessions->begin()), std::make_move_iterator(sessions->end())};
  }

  /// run() for `work` that says what became of a change of the session.
  template <class Work>
  AsyncResult<void> change(std::string_view doing, std::string session_id, Work work) {
    const Result<ChangeFate> fate = co_await run(doing, std::move(work));
    if (!fate) co_return std::unexpected(fate.error());
    co_return to_result(*fate, session_id);
  }

  static std::string doing_what(std::string_view doing) { return fmt::format("MySQL: {}", doing); }

  const InsertPath path_;
  const std::unique_ptr<MySqlConnectionPool> connections_;
  GroupedWork<SessionLoad, Loaded> loads_;
  BlockingPool threads_;  // Last: its destructor waits for work that uses the others.
};

}  // namespace

std::unique_ptr<SqlStore> make_mysql_store(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path,
                                           std::size_t threads) {
  return std::make_unique<MySqlTurnStore>(std::move(pool), path, threads);
}

}  // namespace chatsync::sql

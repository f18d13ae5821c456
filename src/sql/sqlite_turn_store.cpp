#include "sql/sqlite_turn_store.hpp"

#include <array>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sql/append_plan.hpp"
#include "sql/connection_threads.hpp"
#include "sql/migrations.hpp"
#include "sql/sqlite_append.hpp"
#include "sql/sqlite_audit.hpp"
#include "sql/sqlite_conversations.hpp"
#include "sql/sqlite_database.hpp"
#include "sql/sqlite_erase.hpp"
#include "sql/sqlite_letters.hpp"
#include "sql/sqlite_lineages.hpp"
#include "sql/sqlite_migrations.hpp"
#include "sql/sqlite_search.hpp"
#include "sql/sqlite_settle.hpp"
#include "sql/sqlite_turn_reader.hpp"
#include "sql/sqlite_turn_writer.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::array kMigrations = {
    Migration{.version = 1, .sql = sqlite_migrations::v0001_schema_sql},
    Migration{.version = 2, .sql = sqlite_migrations::v0002_unsettled_turns_sql},
    Migration{.version = 3, .sql = sqlite_migrations::v0003_turn_details_sql},
    Migration{.version = 4, .sql = sqlite_migrations::v0004_conversations_sql},
    Migration{.version = 5, .sql = sqlite_migrations::v0005_search_sql}};

class SqliteTurnStore final : public SqlStore {
 public:
  SqliteTurnStore(std::vector<SqliteTurnWriter> writer, std::vector<SqliteTurnReader> readers)
      : writer_(std::move(writer)), readers_(std::move(readers)) {}

  AsyncResult<WriteOutcome> write(SharedBatch batch) override {
    return writer_.run([batch = std::move(batch)](SqliteTurnWriter& writer) { return writer.write(*batch); });
  }

  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override {
    return readers_.run([session_id = std::move(session_id), recent](SqliteTurnReader& reader) {
      return reader.load(session_id, recent);
    });
  }

  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override {
    return readers_.run([session_id = std::move(session_id), page](SqliteTurnReader& reader) {
      return reader.turns(session_id, page);
    });
  }

  AsyncResult<std::optional<Turn>> find_turn(std::string turn_id) override {
    return readers_.run(
        [turn_id = std::move(turn_id)](SqliteTurnReader& reader) { return reader.find_turn(turn_id); });
  }

  AsyncResult<std::int64_t> count_turns(std::string session_id) override {
    return readers_.run([session_id = std::move(session_id)](SqliteTurnReader& reader) {
      return reader.count_turns(session_id);
    });
  }

  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override {
    return readers_.run([user_id = std::move(user_id), page = std::move(page)](SqliteTurnReader& reader) {
      return reader.sessions_of(user_id, page);
    });
  }

  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t accepted) override {
    auto buried = co_await writing([session_id, accepted](SqliteDatabase& database) {
      return bury_session(database, session_id, accepted);
    });
    if (!buried) co_return failure_of(std::move(buried));
    std::size_t deleted = 0;
    for (std::size_t piece = kTurnsPerPiece; piece == kTurnsPerPiece; deleted += piece) {
      const auto turns = co_await writing(
          [session_id](SqliteDatabase& database) { return delete_some_turns(database, session_id); });
      if (!turns) co_return std::unexpected(turns.error());
      piece = *turns;
    }
    co_return deleted;
  }

  AsyncResult<AppendOutcomes> append(std::shared_ptr<const std::vector<DirectTurn>> turns) override {
    const auto append_range = [this, turns](std::size_t begin, std::size_t end) {
      return writing([turns, begin, end](SqliteDatabase& database) {
        return append_turns(database, std::span(*turns).subspan(begin, end - begin));
      });
    };
    co_return co_await append_all_but_rejected(append_range, 0, turns->size());
  }

  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string after, std::size_t limit) override {
    return reading([after = std::move(after), limit](SqliteDatabase& database) {
      return read_unsettled_sessions(database, after, limit);
    });
  }

  AsyncResult<void> settle(std::string session_id, std::vector<SettledTurn> turns,
                           std::uint64_t lineage) override {
    return writing(
        [session_id = std::move(session_id), turns = std::move(turns), lineage](SqliteDatabase& database) {
          return settle_turns(database, session_id, turns, lineage);
        });
  }

  AsyncResult<std::uint64_t> admitted_lineage() override {
    return reading([](SqliteDatabase& database) { return read_admitted_lineage(database); });
  }

  AsyncResult<bool> admit_lineage(std::uint64_t lineage, std::uint64_t expected) override {
    return writing([lineage, expected](SqliteDatabase& database) {
      return sql::admit_lineage(database, lineage, expected);
    });
  }

  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string> session_ids) override {
    return reading([session_ids = std::move(session_ids)](SqliteDatabase& database) {
      return read_counts(database, session_ids);
    });
  }

  AsyncResult<bool> knows_lineage(std::uint64_t lineage) override {
    return reading([lineage](SqliteDatabase& database) { return is_lineage_known(database, lineage); });
  }

  AsyncResult<void> note_lineage(std::uint64_t lineage) override {
    return writing([lineage](SqliteDatabase& database) { return insert_lineage(database, lineage); });
  }

  AsyncResult<std::vector<StoredLetter>> list(LetterPage page) override {
    return reading(
        [page = std::move(page)](SqliteDatabase& database) { return list_letters(database, page); });
  }

  AsyncResult<std::optional<StoredLetter>> find(std::int64_t id) override {
    return reading([id](SqliteDatabase& database) { return find_letter(database, id); });
  }

  AsyncResult<void> discard(std::int64_t id) override {
    return writing([id](SqliteDatabase& database) { return discard_letter(database, id); });
  }

  AsyncResult<ReplayOutcome> replay(std::int64_t id) override {
    return writing([id](SqliteDatabase& database) { return replay_letter(database, id); });
  }

  AsyncResult<void> describe(Session session, std::optional<std::string> title,
                             std::optional<std::string> metadata) override {
    return changing(session.session_id, [=](SqliteDatabase& database) {
      return describe_session(database, session, title, metadata);
    });
  }

  AsyncResult<std::vector<SessionDescription>> descriptions(std::vector<std::string> session_ids) override {
    return reading([session_ids = std::move(session_ids)](SqliteDatabase& database) {
      return read_descriptions(database, session_ids);
    });
  }

  AsyncResult<void> delete_item(Session session, ItemPlace place) override {
    return changing(session.session_id,
                    [=](SqliteDatabase& database) { return mark_deleted(database, session, place); });
  }

  AsyncResult<void> rate_item(Session session, ItemPlace place,
                              std::optional<ItemFeedback> feedback) override {
    return changing(session.session_id,
                    [=](SqliteDatabase& database) { return mark_rated(database, session, place, feedback); });
  }

  AsyncResult<void> add_sibling(Session session, std::string turn_id, SiblingAnswer sibling) override {
    return changing(session.session_id, [=](SqliteDatabase& database) {
      return insert_sibling(database, session, turn_id, sibling);
    });
  }

  AsyncResult<std::vector<TurnExtras>> extras_of(std::string session_id,
                                                 std::vector<std::string> turn_ids) override {
    return reading([session_id = std::move(session_id), turn_ids = std::move(turn_ids)](
                       SqliteDatabase& database) { return read_extras(database, session_id, turn_ids); });
  }

  AsyncResult<std::optional<std::string>> turn_of_sibling(std::string session_id,
                                                          std::string sibling_id) override {
    return reading(
        [session_id = std::move(session_id), sibling_id = std::move(sibling_id)](SqliteDatabase& database) {
          return find_turn_of_sibling(database, session_id, sibling_id);
        });
  }

  AsyncResult<std::vector<Turn>> search(SearchQuery query) override {
    return reading(
        [query = std::move(query)](SqliteDatabase& database) { return search_turns(database, query); });
  }

  AsyncResult<std::size_t> index_turns(std::size_t limit) override {
    return writing([limit](SqliteDatabase& database) { return index_some_turns(database, limit); });
  }

  AsyncResult<std::vector<StoreTally>> tallies(std::string after, std::size_t limit) override {
    return reading([after = std::move(after), limit](SqliteDatabase& database) {
      return read_tallies(database, after, limit);
    });
  }

  AsyncResult<std::vector<std::string>> stored_turn_ids(std::vector<std::string> turn_ids) override {
    return reading([turn_ids = std::move(turn_ids)](SqliteDatabase& database) {
      return read_stored_turn_ids(database, turn_ids);
    });
  }

  AsyncResult<std::vector<std::int64_t>> missing_seqs(std::string session_id, std::size_t limit) override {
    return reading([session_id = std::move(session_id), limit](SqliteDatabase& database) {
      return read_missing_seqs(database, session_id, limit);
    });
  }

  AsyncResult<std::vector<OrphanTurns>> orphans(std::string after, std::size_t limit) override {
    return reading([after = std::move(after), limit](SqliteDatabase& database) {
      return read_orphans(database, after, limit);
    });
  }

  AsyncResult<void> ping() override {
    return readers_.run([](SqliteTurnReader& reader) { return reader.ping(); });
  }

  std::string kind() const override { return "sqlite"; }

 private:
  /// Does `work` with the writing connection's database.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work, SqliteDatabase&>> writing(Work work) {
    return writer_.run(
        [work = std::move(work)](SqliteTurnWriter& writer) { return work(writer.database()); });
  }

  /// Does `work` with a reading connection's database.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work, SqliteDatabase&>> reading(Work work) {
    return readers_.run(
        [work = std::move(work)](SqliteTurnReader& reader) { return work(reader.database()); });
  }

  /// Does `work`, which says what became of a change of the session, as writing() does.
  template <class Work>
  AsyncResult<void> changing(std::string session_id, Work work) {
    const Result<ChangeFate> fate = co_await writing(std::move(work));
    if (!fate) co_return std::unexpected(fate.error());
    co_return to_result(*fate, session_id);
  }

  ConnectionThreads<SqliteTurnWriter> writer_;
  ConnectionThreads<SqliteTurnReader> readers_;
};

Result<void> migrate(SqliteDatabase& database) {
  const MigrationDriver driver{
      .execute = [&database](const std::string& statement) { return database.execute(statement); },
      .query_integer = [&database](const std::string& query) { return database.query_integer(query); }};
  if (Result<void> begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = run_migrations(kMigrations, driver);
  if (done) done = database.execute("COMMIT");
  database.rollback();
  return done;
}

}  // namespace

Result<std::unique_ptr<SqlStore>> open_sqlite_store(const std::filesystem::path& database_file) {
  Result<SqliteDatabase> database = SqliteDatabase::open(database_file, {});
  if (!database) return failure_of(std::move(database));
  if (Result<void> migrated = migrate(*database); !migrated) return failure_of(std::move(migrated));
  Result<SqliteTurnWriter> writer = SqliteTurnWriter::create(std::move(*database));
  if (!writer) return failure_of(std::move(writer));

  std::vector<SqliteTurnReader> readers;
  while (readers.size() < kReaders) {
    Result<SqliteDatabase> read_only = SqliteDatabase::open(database_file, {.read_only = true});
    if (!read_only) return failure_of(std::move(read_only));
    Result<SqliteTurnReader> reader = SqliteTurnReader::create(std::move(*read_only));
    if (!reader) return failure_of(std::move(reader));
    readers.push_back(std::move(*reader));
  }
  std::vector<SqliteTurnWriter> writers;
  writers.push_back(std::move(*writer));
  return std::make_unique<SqliteTurnStore>(std::move(writers), std::move(readers));
}

}  // namespace chatsync::sql

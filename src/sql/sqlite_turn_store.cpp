#include "sql/sqlite_turn_store.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sql/connection_threads.hpp"
#include "sql/migrations.hpp"
#include "sql/sqlite_database.hpp"
#include "sql/sqlite_migrations.hpp"
#include "sql/sqlite_turn_reader.hpp"
#include "sql/sqlite_turn_writer.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::array kMigrations = {Migration{.version = 1, .sql = sqlite_migrations::v0001_schema_sql}};

class SqliteTurnStore final : public TurnStore {
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

  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t /*accepted*/) override {
    return writer_.run(
        [session_id = std::move(session_id)](SqliteTurnWriter& writer) { return writer.erase(session_id); });
  }

  AsyncResult<std::vector<Result<AppendOutcome>>> append(
      std::shared_ptr<const std::vector<DirectTurn>>) override {
    co_return fail(ErrorKind::internal, "append is missing");
  }
  AsyncResult<std::vector<std::string>> unsettled_sessions(std::string, std::size_t) override {
    co_return std::vector<std::string>();
  }
  AsyncResult<void> settle(std::string, std::vector<SettledTurn>) override {
    co_return fail(ErrorKind::internal, "settle is missing");
  }
  AsyncResult<std::vector<SessionCount>> counts_of(std::vector<std::string>) override {
    co_return std::vector<SessionCount>();
  }
  AsyncResult<bool> knows_lineage(std::uint64_t) override { co_return true; }
  AsyncResult<void> note_lineage(std::uint64_t) override { co_return Result<void>(); }

  AsyncResult<void> ping() override {
    return readers_.run([](SqliteTurnReader& reader) { return reader.ping(); });
  }

  std::string kind() const override { return "sqlite"; }

 private:
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

Result<std::unique_ptr<TurnStore>> open_sqlite_store(const std::filesystem::path& database_file) {
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

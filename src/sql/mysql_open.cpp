#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sql/migrations.hpp"
#include "sql/mysql_connection.hpp"
#include "sql/mysql_connection_pool.hpp"
#include "sql/mysql_migrations.hpp"
#include "sql/mysql_search.hpp"
#include "sql/mysql_store.hpp"
#include "sql/mysql_turn_store.hpp"

namespace chatsync::sql {
namespace {

constexpr std::array kMigrations{Migration{1, mysql_migrations::v0001_schema_sql},
                                 Migration{2, mysql_migrations::v0002_unsettled_turns_sql},
                                 Migration{3, mysql_migrations::v0003_turn_details_sql},
                                 Migration{4, mysql_migrations::v0004_conversations_sql},
                                 Migration{5, mysql_migrations::v0005_search_sql}};

std::string quoted_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted += c == '`' ? std::string("``") : std::string(1, c);
  return quoted + '`';
}

/// One line: what was tried, where, as whom, what came of it and what to do.
Error start_error(const SqlError& error, const Settings::MySql& server, std::string_view doing) {
  const auto where =
      server.socket.empty() ? fmt::format("{}:{}", server.host, server.port) : server.socket.string();
  auto line = fmt::format("cannot {} MySQL at {} as user '{}' with database '{}'", doing, where, server.user,
                          server.database);
  auto result = to_error(error, line);
  std::ranges::replace(result.message, '\n', ' ');
  return result;
}

SqlResult<void> create_database(const MySqlOptions& options) {
  auto connection = MySqlConnection::open(options, "");
  if (!connection) return sql_failure_of(std::move(connection));
  auto created =
      (*connection)
          ->execute(fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                                quoted_name(options.server.database)));
  if (!created) return sql_failure_of(std::move(created));
  return {};
}

SqlResult<std::unique_ptr<MySqlConnection>> connect(const MySqlOptions& options) {
  auto connection = MySqlConnection::open(options, options.server.database);
  if (connection || connection.error().code != kUnknownDatabase) return connection;
  if (auto created = create_database(options); !created) return sql_failure_of(std::move(created));
  return MySqlConnection::open(options, options.server.database);
}

Result<void> migrate(MySqlConnection& connection, const Settings::MySql& server) {
  const auto to_result = [&](auto result) -> Result<void> {
    if (!result) return std::unexpected(start_error(result.error(), server, "create the tables of"));
    return {};
  };
  const MigrationDriver driver{
      .execute = [&](const std::string& statement) { return to_result(connection.execute(statement)); },
      .query_integer = [&](const std::string& query) -> Result<std::int64_t> {
        auto rows = connection.query(query);
        if (!rows) return std::unexpected(start_error(rows.error(), server, "read the tables of"));
        return integer_at(rows->at(0), 0);
      }};

  // The server drops the lock with the connection too. It must answer before the driver gives up reading.
  const auto wait =
      std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(server.timeout).count() - 1);
  const auto name = fmt::format("CONCAT('chatsync.', SHA1({}))", connection.literal(server.database));
  const auto locked = driver.query_integer(fmt::format("SELECT GET_LOCK({}, {})", name, wait));
  if (!locked) return std::unexpected(locked.error());
  if (*locked != 1) {
    return std::unexpected(
        start_error({kLockWaitTimeout, "another instance is changing the tables"}, server, "open"));
  }
  auto migrated = run_migrations(kMigrations, driver);
  const auto released = driver.query_integer(fmt::format("SELECT RELEASE_LOCK({})", name));
  if (migrated && !released) return std::unexpected(released.error());
  if (!migrated && migrated.error().kind == ErrorKind::internal) {
    migrated.error().message =
        fmt::format("MySQL database '{}': {}", server.database, migrated.error().message);
  }
  return migrated;
}

}  // namespace

Result<std::unique_ptr<SqlStore>> open_mysql_store(MySqlOptions options, std::size_t connections) {
  const auto& server = options.server;
  auto connection = connect(options);
  if (!connection) return std::unexpected(start_error(connection.error(), server, "open"));
  if (auto migrated = migrate(**connection, server); !migrated) return failure_of(std::move(migrated));
  if (auto begun = begin_indexing(**connection, options.search_index); !begun) {
    return std::unexpected(start_error(begun.error(), server, "prepare the search index of"));
  }
  if (options.insert_path == InsertPath::bulk && !(*connection)->has_bulk_binding()) {
    return fail(ErrorKind::invalid_argument, "this server has no bulk binding");
  }
  const auto insert_path = options.insert_path;
  auto pool = std::make_unique<MySqlConnectionPool>(std::move(options));
  pool->give_back(std::move(*connection));
  return make_mysql_store(std::move(pool), insert_path, connections);
}

}  // namespace chatsync::sql

// A right is found out by trying it on no row at all: `DELETE … WHERE FALSE` is refused like any other
// DELETE, whether the right would come from a grant on the server, on the database or on the table, or from a
// role.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sql/mysql_connection.hpp"
#include "sql/mysql_doctor.hpp"

namespace chatsync::sql {
namespace {

constexpr const char* kOurTables =
    "('chat_sessions', 'chat_messages', 'dead_letters', 'unsettled_turns', 'cache_lineages', 'cache_fence', "
    "'superseded_lineages', 'item_marks', 'sibling_answers', 'turn_search', 'search_backlog', "
    "'search_state', 'schema_version')";

/// Searched whatever the case and accents of a word, so its collation is rightly no binary one.
constexpr const char* kWordsOfTurns = "('turn_search', 'body')";

constexpr const char* kVariables =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'read_only', "
    "'innodb_flush_log_at_trx_commit', 'innodb_doublewrite', 'log_bin', 'sync_binlog', 'sql_mode', "
    "'max_allowed_packet', 'max_connections', 'time_zone', 'system_time_zone')";

constexpr std::array kForbidden = {1044U, 1142U, 1143U};  ///< On a database, a table, a column.

Error read_error(const SqlError& error, const Settings::MySql& server) {
  const auto where =
      server.socket.empty() ? fmt::format("{}:{}", server.host, server.port) : server.socket.string();
  Error result = to_error(error, fmt::format("cannot examine MySQL at {} as user '{}'", where, server.user));
  std::ranges::replace(result.message, '\n', ' ');
  return result;
}

class Reader {
 public:
  explicit Reader(MySqlConnection& connection) : connection_(connection) {}

  SqlResult<void> read_server(MySqlFacts& facts) {
    auto variables = connection_.query(kVariables);
    if (!variables) return sql_failure_of(std::move(variables));
    for (SqlRow& row : *variables) facts.variables.emplace(text_at(row, 0), text_at(row, 1));
    auto user = connection_.query("SELECT CURRENT_USER()");
    if (!user) return sql_failure_of(std::move(user));
    facts.user = text_at(user->at(0), 0);
    auto threads = connection_.query("SHOW GLOBAL STATUS LIKE 'Threads_connected'");
    if (!threads) return sql_failure_of(std::move(threads));
    if (!threads->empty()) facts.connections = static_cast<std::size_t>(integer_at(threads->at(0), 1));
    return {};
  }

  SqlResult<void> read_tables(MySqlFacts& facts) {
    auto tables = connection_.query(fmt::format(
        "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE() AND "
        "table_name IN {}",
        kOurTables));
    if (!tables) return sql_failure_of(std::move(tables));
    for (SqlRow& row : *tables) facts.engines.emplace(text_at(row, 0), text_at(row, 1));

    auto columns = connection_.query(
        fmt::format("SELECT table_name, column_name, column_type, character_set_name, collation_name, "
                    "is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = DATABASE() AND "
                    "table_name IN {} AND character_set_name IS NOT NULL AND (table_name, column_name) <> {} "
                    "ORDER BY table_name, ordinal_position",
                    kOurTables, kWordsOfTurns));
    if (!columns) return sql_failure_of(std::move(columns));
    for (SqlRow& row : *columns) {
      facts.columns.push_back({.table = text_at(row, 0),
                               .column = text_at(row, 1),
                               .type = text_at(row, 2),
                               .character_set = text_at(row, 3),
                               .collation = text_at(row, 4),
                               .nullable = integer_at(row, 5) != 0});
    }
    for (const auto& [table, engine] : facts.engines) {
      if (auto tried = try_rights(table, facts.forbidden); !tried) return tried;
    }
    return {};
  }

 private:
  /// Every column that a row is written with.
  SqlResult<std::string> written_columns(const std::string& table) {
    auto names = connection_.query(fmt::format(
        "SELECT GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = '{}' AND extra NOT LIKE '%GENERATED'",
        table));
    if (!names) return sql_failure_of(std::move(names));
    return text_at(names->at(0), 0);
  }

  SqlResult<void> try_rights(const std::string& table, std::vector<std::string>& forbidden) {
    auto columns = written_columns(table);
    if (!columns) return sql_failure_of(std::move(columns));
    const std::string first = columns->substr(0, columns->find(','));
    const std::array<std::pair<const char*, std::string>, 4> tries = {{
        {"SELECT", fmt::format("DO (SELECT 1 FROM {} LIMIT 1)", table)},
        {"INSERT", fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {0} WHERE FALSE", table, *columns)},
        {"UPDATE", fmt::format("UPDATE {0} SET {1} = {1} WHERE FALSE", table, first)},
        {"DELETE", fmt::format("DELETE FROM {} WHERE FALSE", table)},
    }};
    for (const auto& [right, statement] : tries) {
      const auto done = connection_.execute(statement);
      if (done) continue;
      if (is_connection_lost(done.error())) return std::unexpected(done.error());
      if (std::ranges::find(kForbidden, done.error().code) != kForbidden.end()) {
        forbidden.push_back(fmt::format("{} on {}", right, table));
      }
    }
    return {};
  }

  MySqlConnection& connection_;
};

}  // namespace

Result<MySqlFacts> read_mysql_facts(const Settings::MySql& server) {
  const MySqlOptions options{.server = server};
  MySqlFacts facts{.has_database = true};
  auto connection = MySqlConnection::open(options, server.database);
  if (!connection && connection.error().code == kUnknownDatabase) {
    facts.has_database = false;
    connection = MySqlConnection::open(options, "");
  }
  if (!connection) return std::unexpected(read_error(connection.error(), server));
  Reader reader(**connection);
  SqlResult<void> read = reader.read_server(facts);
  if (read && facts.has_database) read = reader.read_tables(facts);
  if (!read) return std::unexpected(read_error(read.error(), server));
  return facts;
}

}  // namespace chatsync::sql

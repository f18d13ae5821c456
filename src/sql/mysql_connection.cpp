#include "sql/mysql_connection.hpp"

#include <errmsg.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/localhost.hpp"

namespace chatsync::sql {
namespace {

constexpr std::size_t kMaxReplyBytes = std::size_t{1} << 30;
constexpr std::chrono::seconds kLongestLockWait{5};
constexpr std::int64_t kShortestIdleSeconds = 60;

void set_timeouts(MYSQL* handle, std::chrono::milliseconds timeout) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  const unsigned seconds = whole < 1 ? 1 : static_cast<unsigned>(whole);
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
}

void set_options(MYSQL* handle, const Settings::MySql& server) {
  set_timeouts(handle, server.timeout);
  // A name such as `localhost` would otherwise silently mean the driver's default socket.
  const unsigned protocol = server.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  const my_bool no = 0;
  const my_bool yes = 1;
  mysql_options(handle, MYSQL_OPT_RECONNECT, &no);
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &kMaxReplyBytes);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (server.ssl_ca.empty()) return;
  mysql_options(handle, MYSQL_OPT_SSL_CA, server.ssl_ca.c_str());
  // Refuses a server without TLS, too.
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

/// A minimal system may have nothing that resolves `localhost`, so its addresses are known here. With TLS the
/// driver must get the name, against which it checks the certificate.
std::vector<std::string> hosts_to_try(const Settings::MySql& server) {
  if (!is_localhost(server.host) || !server.ssl_ca.empty()) return {server.host};
  return {"127.0.0.1", "::1"};
}

bool server_has_bulk_binding(MYSQL* handle) {
  unsigned long capabilities = 0;
  if (mariadb_get_infov(handle, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities) != 0)
    return false;
  return (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

}  // namespace

SqlResult<std::unique_ptr<MySqlConnection>> MySqlConnection::open(const MySqlOptions& options,
                                                                  const std::string& database) {
  static std::once_flag library;
  std::call_once(library, [] { mysql_server_init(0, nullptr, nullptr); });

  std::unique_ptr<MySqlConnection> connection(new MySqlConnection(mysql_init(nullptr)));
  MYSQL* handle = connection->handle_.get();
  if (handle == nullptr) return std::unexpected(SqlError{2008, "out of memory"});
  const auto& server = options.server;
  const auto* socket = server.socket.empty() ? nullptr : server.socket.c_str();
  std::optional<SqlError> failure;
  for (const std::string& host : hosts_to_try(server)) {
    set_options(handle, server);  // A failed attempt forgets them.
    if (mysql_real_connect(handle, host.c_str(), server.user.c_str(), server.password.c_str(),
                           database.empty() ? nullptr : database.c_str(), server.port, socket,
                           0) != nullptr) {
      failure.reset();
      break;
    }
    if (!failure) failure = connection->last_error();
    const unsigned error = mysql_errno(handle);
    if (error != CR_CONN_HOST_ERROR && error != CR_CONNECTION_ERROR) break;
  }
  if (failure) return std::unexpected(*failure);
  if (auto started = connection->start_session(options); !started) return sql_failure_of(std::move(started));
  return connection;
}

SqlResult<void> MySqlConnection::start_session(const MySqlOptions& options) {
  // READ COMMITTED: after an insert ran into rows of another transaction, they can be read in the same
  // transaction. It also takes the fewest gap locks.
  //
  // A process that is frozen in mid-transaction would keep its rows locked for as long as it is: the server
  // takes it for gone after the time-out. MySQL knows such a limit only for connections as a whole; idle ones
  // of ours are opened anew when they are needed.
  const auto half_of_timeout = std::chrono::floor<std::chrono::seconds>(options.server.timeout / 2);
  const auto lock_wait = std::max<std::int64_t>(
      1,
      options.lock_wait.value_or(std::min<std::chrono::seconds>(kLongestLockWait, half_of_timeout)).count());
  const auto idle = std::chrono::ceil<std::chrono::seconds>(options.server.timeout).count();
  for (const auto& statement :
       {std::string("SET NAMES utf8mb4 COLLATE utf8mb4_bin"),
        std::string("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
        fmt::format(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
            "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, "
            "innodb_lock_wait_timeout = {0}, lock_wait_timeout = {0}"
            "/*M!100300 , idle_transaction_timeout = {1} *//*!80000 , wait_timeout = {2} */",
            lock_wait, idle, std::max(idle, kShortestIdleSeconds))}) {
    if (auto done = execute(statement); !done) return sql_failure_of(std::move(done));
  }
  auto packet = query("SELECT @@max_allowed_packet");
  if (!packet) return sql_failure_of(std::move(packet));
  max_packet_bytes_ = static_cast<std::size_t>(integer_at(packet->at(0), 0));
  has_bulk_binding_ = server_has_bulk_binding(handle_.get());
  keeps_search_index_ = options.search_index;
  return {};
}

SqlResult<std::uint64_t> MySqlConnection::execute(std::string_view statement) {
  if (mysql_real_query(handle_.get(), statement.data(), statement.size()) != 0) {
    return std::unexpected(last_error());
  }
  return mysql_affected_rows(handle_.get());
}

SqlResult<SqlRows> MySqlConnection::query(std::string_view statement) {
  if (auto sent = execute(statement); !sent) return sql_failure_of(std::move(sent));
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> reply(mysql_store_result(handle_.get()),
                                                                       &mysql_free_result);
  if (reply == nullptr) return std::unexpected(last_error());
  const auto columns = mysql_num_fields(reply.get());
  SqlRows rows;
  while (auto* fields = mysql_fetch_row(reply.get())) {
    const auto* lengths = mysql_fetch_lengths(reply.get());
    auto& row = rows.emplace_back(columns);
    for (unsigned column = 0; column < columns; ++column) {
      if (fields[column] != nullptr) row[column].emplace(fields[column], lengths[column]);
    }
  }
  return rows;
}

SqlResult<void> MySqlConnection::commit() {
  fault::point("mysql.before_commit");
  if (auto done = execute("COMMIT"); !done) {
    auto error = std::move(done).error();
    error.at_commit = is_connection_lost(error);
    return std::unexpected(std::move(error));
  }
  fault::point("mysql.committed");
  return {};
}

void MySqlConnection::rollback() {
  if (!lost_ && !execute("ROLLBACK")) lost_ = true;
}

bool MySqlConnection::ping() { return !lost_ && mysql_ping(handle_.get()) == 0; }

std::size_t MySqlConnection::max_statement_bytes() const {
  // The statement's keywords and headers take the rest.
  return max_packet_bytes_ - std::min<std::size_t>(max_packet_bytes_ / 2, 1'024);
}

void MySqlConnection::append_literal(std::string& statement, std::string_view text) {
  const auto start = statement.size() + 1;
  statement.push_back('\'');
  statement.resize(start + 2 * text.size() + 1);
  const auto written =
      mysql_real_escape_string(handle_.get(), statement.data() + start, text.data(), text.size());
  statement.resize(start + written);
  statement.push_back('\'');
}

std::string MySqlConnection::literal(std::string_view text) {
  std::string result;
  append_literal(result, text);
  return result;
}

SqlResult<MYSQL_STMT*> MySqlConnection::prepare(const std::string& statement) {
  const auto known = std::ranges::find(prepared_, statement, &Prepared::text);
  if (known != prepared_.end()) return known->statement.get();
  std::unique_ptr<MYSQL_STMT, CloseStatement> prepared(mysql_stmt_init(handle_.get()));
  if (prepared == nullptr) return std::unexpected(last_error());
  if (mysql_stmt_prepare(prepared.get(), statement.data(), statement.size()) != 0) {
    return std::unexpected(note({mysql_stmt_errno(prepared.get()), mysql_stmt_error(prepared.get())}));
  }
  prepared_.push_back({statement, std::move(prepared)});
  return prepared_.back().statement.get();
}

SqlError MySqlConnection::note(SqlError error) {
  lost_ = lost_ || is_connection_lost(error) || is_connection_stale(error);
  return error;
}

SqlError MySqlConnection::last_error() {
  return note({mysql_errno(handle_.get()), mysql_error(handle_.get())});
}

std::string text_at(SqlRow& row, std::size_t column) {
  return std::move(row.at(column)).value_or(std::string());
}

std::int64_t integer_at(const SqlRow& row, std::size_t column) {
  std::int64_t value = 0;
  const auto& field = row.at(column);
  if (field) std::from_chars(field->data(), field->data() + field->size(), value);
  return value;
}

}  // namespace chatsync::sql

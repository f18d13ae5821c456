#include "support/mysql_client.hpp"

#include <mysql.h>

#include <stdexcept>

namespace chatsync::test {

void MySqlClient::Closer::operator()(st_mysql* connection) const { mysql_close(connection); }

MySqlClient::MySqlClient(const std::filesystem::path& socket, const std::string& database)
    : connection_(mysql_init(nullptr)) {
  const unsigned timeout_seconds = 60;
  mysql_options(connection_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &timeout_seconds);
  mysql_options(connection_.get(), MYSQL_OPT_READ_TIMEOUT, &timeout_seconds);
  mysql_options(connection_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(connection_.get(), MYSQL_INIT_COMMAND, "SET time_zone = '+00:00'");
  if (mysql_real_connect(connection_.get(), nullptr, "root", nullptr,
                         database.empty() ? nullptr : database.c_str(), 0, socket.c_str(), 0) == nullptr) {
    throw std::runtime_error(std::string("mariadb: ") + mysql_error(connection_.get()));
  }
}

MySqlClient::~MySqlClient() = default;
MySqlClient::MySqlClient(MySqlClient&&) noexcept = default;

std::vector<SqlRow> MySqlClient::query(const std::string& sql) {
  if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) {
    throw std::runtime_error(std::string("mariadb: ") + mysql_error(connection_.get()));
  }
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(connection_.get()),
                                                                        &mysql_free_result);
  std::vector<SqlRow> rows;
  if (!result) {
    if (mysql_errno(connection_.get()) != 0) {
      throw std::runtime_error(std::string("mariadb: ") + mysql_error(connection_.get()));
    }
    return rows;
  }
  const unsigned columns = mysql_num_fields(result.get());
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    SqlRow& values = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      if (row[i] == nullptr) {
        values.emplace_back();
      } else {
        values.emplace_back(std::string(row[i], lengths[i]));
      }
    }
  }
  return rows;
}

std::int64_t MySqlClient::integer(const std::string& sql) {
  return std::stoll(query(sql).at(0).at(0).value());
}

std::vector<std::string> MySqlClient::column(const std::string& sql) {
  std::vector<std::string> values;
  for (auto& row : query(sql)) values.push_back(row.at(0).value_or(""));
  return values;
}

std::string MySqlClient::quoted(const std::string& text) {
  std::string escaped(text.size() * 2 + 1, '\0');
  escaped.resize(mysql_real_escape_string(connection_.get(), escaped.data(), text.data(), text.size()));
  return "'" + escaped + "'";
}

}  // namespace chatsync::test

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// The values of one placeholder, for all rows of a statement that is bulk-bound: integers or texts, and
/// NULLs. Points into the texts.
class BulkColumn {
 public:
  void add(std::int64_t value);
  void add(std::string_view text);
  void add_null_integer();
  void add_null_text();

  MYSQL_BIND bind();

 private:
  std::vector<std::int64_t> integers_;
  std::vector<const char*> texts_;
  std::vector<unsigned long> lengths_;
  std::vector<char> indicators_;
};

/// Runs `statement`, which has a placeholder for each of the columns, once with all their rows, and returns
/// how many rows it affected. Other texts than a few fixed ones would fill the connection's prepared
/// statements.
SqlResult<std::uint64_t> execute_bulk(MySqlConnection& connection, const std::string& statement,
                                      std::span<BulkColumn> columns, std::size_t rows);

/// The error of a prepared statement that failed. It is prepared anew next time: what state it is in is not
/// worth knowing.
std::unexpected<SqlError> statement_failed(MySqlConnection& connection, MYSQL_STMT* statement);

}  // namespace chatsync::sql

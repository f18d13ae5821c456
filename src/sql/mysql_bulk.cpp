#include "sql/mysql_bulk.hpp"

#include <utility>

namespace chatsync::sql {

void BulkColumn::add(std::int64_t value) {
  integers_.push_back(value);
  indicators_.push_back(STMT_INDICATOR_NONE);
}

void BulkColumn::add(std::string_view text) {
  texts_.push_back(text.data());
  lengths_.push_back(text.size());
  indicators_.push_back(STMT_INDICATOR_NONE);
}

void BulkColumn::add_null_integer() {
  integers_.push_back(0);
  indicators_.push_back(STMT_INDICATOR_NULL);
}

void BulkColumn::add_null_text() {
  texts_.push_back("");
  lengths_.push_back(0);
  indicators_.push_back(STMT_INDICATOR_NULL);
}

MYSQL_BIND BulkColumn::bind() {
  MYSQL_BIND bind{};
  if (texts_.empty()) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = integers_.data();
  } else {
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = static_cast<void*>(texts_.data());
    bind.length = lengths_.data();
  }
  bind.u.indicator = indicators_.data();
  return bind;
}

SqlResult<std::uint64_t> execute_bulk(MySqlConnection& connection, const std::string& statement,
                                      std::span<BulkColumn> columns, std::size_t rows) {
  auto prepared = connection.prepare(statement);
  if (!prepared) return sql_failure_of(std::move(prepared));
  std::vector<MYSQL_BIND> binds;
  binds.reserve(columns.size());
  for (BulkColumn& column : columns) binds.push_back(column.bind());
  const auto array_size = static_cast<unsigned>(rows);
  if (mysql_stmt_attr_set(*prepared, STMT_ATTR_ARRAY_SIZE, &array_size) != 0 ||
      mysql_stmt_bind_param(*prepared, binds.data()) != 0 || mysql_stmt_execute(*prepared) != 0) {
    return statement_failed(connection, *prepared);
  }
  return mysql_stmt_affected_rows(*prepared);
}

std::unexpected<SqlError> statement_failed(MySqlConnection& connection, MYSQL_STMT* statement) {
  SqlError error{mysql_stmt_errno(statement), mysql_stmt_error(statement)};
  connection.forget_statements();
  return std::unexpected(connection.note(std::move(error)));
}

}  // namespace chatsync::sql

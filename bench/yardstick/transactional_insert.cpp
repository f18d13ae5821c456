#include "transactional_insert.hpp"

#include <fmt/format.h>
#include <mysql.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/mysql_sessions.hpp"

namespace yardstick {

TransactionalInsert::TransactionalInsert(const std::string& socket, const std::string& database)
    : BulkInsert(socket, database, Form::bulk),
      sessions_(prepare(chatsync::sql::upsert_sessions_statement())) {}

void TransactionalInsert::insert(std::span<const Row> rows) {
  run("START TRANSACTION");
  run("SELECT lineage FROM cache_fence WHERE id = 1 LOCK IN SHARE MODE");
  bring_sessions_forward(rows);
  run(fmt::format("SELECT session_id FROM chat_sessions WHERE session_id IN ({}) AND deleted_at IS NOT NULL",
                  session_ids_));
  BulkInsert::insert(rows);
  run("COMMIT");
}

void TransactionalInsert::bring_sessions_forward(std::span<const Row> rows) {
  constexpr std::size_t kTexts = 3;
  std::array<std::vector<const char*>, kTexts> texts;
  std::array<std::vector<unsigned long>, kTexts> sizes;
  std::array<std::vector<std::int64_t>, 3> numbers;
  session_ids_.clear();
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const Row& row = rows[index];
    if (index == 0 || rows[index - 1].session != row.session) {
      const std::array<std::string_view, kTexts> columns{row.session, row.user_id, ""};
      for (std::size_t column = 0; column < kTexts; ++column) {
        texts[column].push_back(columns[column].data());
        sizes[column].push_back(columns[column].size());
      }
      for (auto& column : numbers) column.push_back(row.timestamp_us);
      session_ids_ += fmt::format("{}'{}'", index == 0 ? "" : ",", row.session);
    }
    numbers[0].back() = row.seq;
    numbers[2].back() = row.timestamp_us;
  }
  std::array<MYSQL_BIND, kTexts + 3> binds{};
  for (std::size_t column = 0; column < kTexts; ++column) {
    binds[column].buffer_type = MYSQL_TYPE_STRING;
    binds[column].buffer = static_cast<void*>(texts[column].data());
    binds[column].length = sizes[column].data();
  }
  for (std::size_t column = 0; column < numbers.size(); ++column) {
    binds[kTexts + column].buffer_type = MYSQL_TYPE_LONGLONG;
    binds[kTexts + column].buffer = numbers[column].data();
  }
  execute(sessions_.get(), binds.data(), texts[0].size());
}

}  // namespace yardstick

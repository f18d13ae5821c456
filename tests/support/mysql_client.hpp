#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct st_mysql;

namespace chatsync::test {

/// One row as text; nothing is SQL's NULL.
using SqlRow = std::vector<std::optional<std::string>>;

/// A plain blocking client of MariaDB: nothing of the code under test is in it. Strings are utf8mb4, times
/// UTC. Throws std::runtime_error with the server's message.
class MySqlClient {
 public:
  /// Connects over the Unix socket as root, without a password. An empty database selects none.
  MySqlClient(const std::filesystem::path& socket, const std::string& database);
  ~MySqlClient();
  MySqlClient(MySqlClient&&) noexcept;

  /// Runs one statement; the rows of a SELECT, nothing of any other.
  std::vector<SqlRow> query(const std::string& sql);

  /// The first column of the first row as a number; throws if there is none.
  std::int64_t integer(const std::string& sql);

  /// The first column of every row; NULL comes as an empty string.
  std::vector<std::string> column(const std::string& sql);

  /// `text` as an SQL literal, quotes included.
  std::string quoted(const std::string& text);

 private:
  struct Closer {
    void operator()(st_mysql* connection) const;
  };
  std::unique_ptr<st_mysql, Closer> connection_;
};

}  // namespace chatsync::test

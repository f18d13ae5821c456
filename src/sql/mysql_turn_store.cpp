#include "sql/mysql_turn_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/blocking_pool.hpp"
#include "sql/mysql_read.hpp"
#include "sql/mysql_store.hpp"
#include "sql/mysql_write.hpp"

namespace chatsync::sql {
namespace {

class MySqlTurnStore final : public TurnStore {
 public:
  MySqlTurnStore(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path, std::size_t threads)
      : path_(path), connections_(std::move(pool)), threads_(std::max<std::size_t>(threads, 1)) {}

  AsyncResult<WriteOutcome> write(SharedBatch batch) override {
    co_return co_await run("writing a batch", [batch, path = path_](MySqlConnection& connection) {
      return write_batch(connection, *batch, path);
    });
  }

  AsyncResult<std::optional<StoredSession>> load(std::string session_id, std::size_t recent) override {
    co_return co_await run("loading a session", [session_id, recent](MySqlConnection& connection) {
      return load_session(connection, session_id, recent);
    });
  }

  AsyncResult<std::vector<Turn>> turns(std::string session_id, TurnPage page) override {
    co_return co_await run("reading turns", [session_id, page](MySqlConnection& connection) {
      return read_turns(connection, session_id, page);
    });
  }

  AsyncResult<std::int64_t> count_turns(std::string session_id) override {
    co_return co_await run("counting turns", [session_id](MySqlConnection& connection) {
      return sql::count_turns(connection, session_id);
    });
  }

  AsyncResult<std::vector<Session>> sessions_of(std::string user_id, SessionPage page) override {
    co_return co_await run("reading sessions", [user_id, page](MySqlConnection& connection) {
      return read_sessions_of(connection, user_id, page);
    });
  }

  AsyncResult<std::size_t> erase(std::string session_id, std::int64_t /*accepted*/) override {
    co_return co_await run("deleting a session", [session_id](MySqlConnection& connection) {
      return erase_session(connection, session_id);
    });
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
    // Taking a connection asks the server, or connects to it.
    co_return co_await run("asking whether it answers", [](MySqlConnection&) { return SqlResult<void>(); });
  }

  std::string kind() const override { return "mysql"; }

 private:
  /// Does `work` with a connection of the pool on a thread of its own. A transaction that the server chose as
  /// the victim of a deadlock is begun again.
  template <class Work>
  auto run(std::string_view doing, Work work)
      -> AsyncResult<typename std::invoke_result_t<Work, MySqlConnection&>::value_type> {
    using Value = typename std::invoke_result_t<Work, MySqlConnection&>::value_type;
    co_return co_await threads_.run([this, doing, work = std::move(work)]() -> Result<Value> {
      constexpr int kAttempts = 5;
      auto connection = connections_->take();
      if (!connection) return std::unexpected(to_error(connection.error(), describe(doing)));
      auto result = work(**connection);
      for (int attempt = 1; attempt < kAttempts && !result && result.error().code == kDeadlock; ++attempt) {
        result = work(**connection);
      }
      connections_->give_back(std::move(*connection));
      if (!result) return std::unexpected(to_error(result.error(), describe(doing)));
      if constexpr (std::is_void_v<Value>) {
        return {};
      } else {
        return std::move(*result);
      }
    });
  }

  static std::string describe(std::string_view doing) { return fmt::format("MySQL: {}", doing); }

  const InsertPath path_;
  const std::unique_ptr<MySqlConnectionPool> connections_;
  BlockingPool threads_;  // Last: its destructor waits for work that uses the others.
};

}  // namespace

std::unique_ptr<TurnStore> make_mysql_store(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path,
                                            std::size_t threads) {
  return std::make_unique<MySqlTurnStore>(std::move(pool), path, threads);
}

}  // namespace chatsync::sql

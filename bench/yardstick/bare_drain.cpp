// The machine's limit for draining Redis into MariaDB, to hold chatsync's drain against: one connection to
// each. Whatever has pending turns is found in sync:dirty; the names of the turns of some sessions come with
// one write, the turns of a batch with another; a batch is one statement, sorted by primary key, and one
// commit; what is committed is taken from Redis with one write again. While a batch is written to MariaDB,
// what the one before left in Redis is removed and the next one is read.
//
// It is no product: it trusts what it finds to be what chatsync records, writes neither sessions nor dead
// letters, knows of no erased session, gives nothing a TTL, and ends at the first trouble. As chatsync does
// it, it sends the two servers what chatsync sends them, to hold chatsync's own share of a drain against.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bulk_insert.hpp"
#include "pending_source.hpp"
#include "rate.hpp"
#include "transactional_insert.hpp"

namespace {

constexpr std::chrono::milliseconds kPause(10);

std::atomic<bool> stopped = false;

struct Options {
  std::string redis_socket;
  std::string mysql_socket;
  std::string database;
  std::string form = "bulk";
  std::size_t batch = 1'000;
  bool overlapped = true;
  bool until_stopped = false;
  bool as_chatsync = false;
};

using Store = std::function<void(std::span<const yardstick::Row>)>;

Store store_of(const Options& options) {
  if (options.as_chatsync) {
    return [store = std::make_shared<yardstick::TransactionalInsert>(options.mysql_socket, options.database)](
               std::span<const yardstick::Row> rows) { store->insert(rows); };
  }
  return [store = std::make_shared<yardstick::BulkInsert>(options.mysql_socket, options.database,
                                                          yardstick::form_of(options.form))](
             std::span<const yardstick::Row> rows) { store->insert(rows); };
}

/// Goes once through all that is pending; returns the number of rows.
std::uint64_t drain_round(const Options& options, yardstick::PendingSource& source, const Store& store) {
  static yardstick::PendingBatch current;
  static yardstick::PendingBatch next;
  std::uint64_t rows = 0;
  std::vector<yardstick::PendingKey> committed;
  source.begin_round();
  source.exchange({}, current);
  while (!current.rows.empty()) {
    auto written = std::async(options.overlapped ? std::launch::async : std::launch::deferred,
                              [&] { store(current.rows); });
    if (stopped) {
      next.rows.clear();
    } else {
      source.exchange(std::exchange(committed, {}), next);
    }
    written.get();
    rows += current.rows.size();
    committed.insert(committed.end(), current.keys.begin(), current.keys.end());
    std::swap(current, next);
  }
  source.remove(committed);
  return rows;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{
      "Pending turns from Redis into MariaDB with nothing but the work itself: a yardstick for chatsync."};
  app.add_option("--redis-socket", options.redis_socket, "The Unix socket of Redis")->required();
  app.add_option("--mysql-socket", options.mysql_socket, "The Unix socket of MariaDB")->required();
  app.add_option("--database", options.database, "The database, with the tables of chatsync")->required();
  app.add_option("--batch", options.batch, "Rows a statement and a commit, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--overlapped", options.overlapped, "Read the next batch while one is written")
      ->capture_default_str();
  app.add_flag("--until-stopped", options.until_stopped, "Go round until SIGTERM");
  app.add_option("--form", options.form,
                 "bulk (an array for a prepared statement) or text (a multi-row INSERT)")
      ->check(CLI::IsMember({"bulk", "text"}))
      ->capture_default_str();
  app.add_flag(
         "--as-chatsync", options.as_chatsync,
         "Send the servers what chatsync sends them: a session's own data, its transactions, its script")
      ->excludes("--form");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGTERM, [](int) { stopped = true; });

  const auto source = options.as_chatsync
                          ? yardstick::source_by_acknowledgement(options.redis_socket, options.batch)
                          : yardstick::source_of_rows(options.redis_socket, options.batch);
  const Store store = store_of(options);
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t rows = 0;
  while (!stopped) {
    const std::uint64_t moved = drain_round(options, *source, store);
    rows += moved;
    if (moved == 0 && !options.until_stopped) break;
    // A round of next to nothing costs as many commits as one of a full batch.
    if (options.until_stopped && moved < options.batch) std::this_thread::sleep_for(kPause);
  }
  yardstick::print_rate(rows, begin);
} catch (const std::exception& failure) {
  fmt::print(stderr, "bare_drain: {}\n", failure.what());
  return 2;
}

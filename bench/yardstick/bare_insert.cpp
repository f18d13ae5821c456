// The machine's limit for rows into MariaDB, to hold chatsync's drain against: generated turns of the size of
// the load, in batches that are sorted by primary key and committed one by one.
//
// A session's turns are inserted one after the other, as a drain does, but happened in turn with those of all
// other sessions; so the ids of a batch, which begin with the time, lie all over the index of ids, as a drain
// finds them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <future>
#include <string>
#include <vector>

#include "bulk_insert.hpp"
#include "rate.hpp"

namespace {

constexpr std::uint64_t kSessions = 10'000;

struct Options {
  std::string mysql_socket;
  std::string database;
  std::string form = "bulk";
  std::uint64_t rows = 0;
  std::uint64_t batch = 1'000;
  std::uint64_t connections = 1;
};

struct Share {
  std::uint64_t first_session = 0;
  std::uint64_t end_session = 0;
  std::uint64_t rows = 0;
};

struct Names {
  std::string session;
  std::string turn_id;
};

/// Inserts the rows of a share, session by session. `begin_us` keeps this run's sessions apart from those of
/// others.
void insert_share(const Options& options, const Share& share, std::uint64_t begin_us) {
  const std::string question(80, 'q');
  const std::string answer(400, 'a');
  yardstick::BulkInsert store(options.mysql_socket, options.database, yardstick::form_of(options.form));
  std::vector<Names> names(options.batch);
  std::vector<yardstick::Row> rows;
  const std::uint64_t sessions = share.end_session - share.first_session;
  const std::uint64_t most_turns = (share.rows + sessions - 1) / sessions;
  for (std::uint64_t done = 0; done < share.rows; ++done) {
    const std::uint64_t session = share.first_session + done / most_turns;
    const std::uint64_t turn = done % most_turns;
    const std::uint64_t number = turn * kSessions + session;
    const std::uint64_t timestamp_us = begin_us + 2 * number;
    auto& [session_id, turn_id] = names[rows.size()];
    session_id = fmt::format("bare-{:x}-{:05}", begin_us, session);
    turn_id = fmt::format("{:08x}-{:04x}-7000-8000-{:012x}", timestamp_us / 1'000 >> 16U,
                          timestamp_us / 1'000 & 0xffffU, number);
    rows.push_back({.session = session_id,
                    .timestamp_us = static_cast<std::int64_t>(timestamp_us),
                    .seq = static_cast<std::int64_t>(turn + 1),
                    .turn_id = turn_id,
                    .user_id = "1",
                    .question = question,
                    .answer = answer,
                    .status = "complete",
                    .model = "echo"});
    if (rows.size() < options.batch && done + 1 < share.rows) continue;
    store.insert(rows);
    rows.clear();
  }
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"Generated turns into MariaDB with nothing but the work itself: a yardstick for chatsync."};
  app.add_option("--mysql-socket", options.mysql_socket, "The Unix socket of MariaDB")->required();
  app.add_option("--database", options.database, "The database, with the tables of chatsync")->required();
  app.add_option("--rows", options.rows, "How many rows")->required()->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "Rows a statement and a commit")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--connections", options.connections,
                 "How many at the same time, each with sessions of its own")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--form", options.form,
                 "bulk (an array for a prepared statement) or text (a multi-row INSERT)")
      ->check(CLI::IsMember({"bulk", "text"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto begin_us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                                       std::chrono::system_clock::now().time_since_epoch())
                                                       .count());
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::future<void>> shares;
  for (std::uint64_t index = 0; index < options.connections; ++index) {
    const auto part_of = [&](std::uint64_t whole, std::uint64_t i) {
      return whole * i / options.connections;
    };
    const Share share{.first_session = part_of(kSessions, index),
                      .end_session = part_of(kSessions, index + 1),
                      .rows = part_of(options.rows, index + 1) - part_of(options.rows, index)};
    shares.push_back(std::async(std::launch::async, insert_share, options, share, begin_us));
  }
  for (auto& share : shares) share.get();
  yardstick::print_rate(options.rows, begin);
} catch (const std::exception& failure) {
  fmt::print(stderr, "bare_insert: {}\n", failure.what());
  return 2;
}

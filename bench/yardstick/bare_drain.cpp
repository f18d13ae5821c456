// The machine's limit for draining Redis into MariaDB, to hold chatsync's drain against: one connection to
// each. Whatever has pending turns is found in sync:dirty; the names of the turns of some sessions come with
// one write, the turns of a batch with another; a batch is one statement, sorted by primary key, and one
// commit; what is committed is taken from Redis with one write again. While a batch is written to MariaDB,
// what the one before left in Redis is removed and the next one is read.
//
// It is no product: it trusts what it finds to be what chatsync records, writes neither sessions nor dead
// letters, knows of no erased session, gives nothing a TTL, and ends at the first trouble.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bulk_insert.hpp"
#include "rate.hpp"
#include "redis_pipe.hpp"

namespace {

constexpr std::size_t kSessionsAtOnce = 100;
constexpr std::chrono::milliseconds kPause(10);

// The fields of a turn, in the order in which Batch takes them.
constexpr std::string_view kFields =
    "$7\r\nturn_id\r\n$3\r\nseq\r\n$7\r\nuser_id\r\n$8\r\nquestion\r\n$6\r\nanswer\r\n$6\r\nstatus\r\n"
    "$5\r\nmodel\r\n";
constexpr std::size_t kFieldCount = 7;

std::atomic<bool> stopped = false;

struct Options {
  std::string redis_socket;
  std::string mysql_socket;
  std::string database;
  std::string form = "bulk";
  std::size_t batch = 1'000;
  bool overlapped = true;
  bool until_stopped = false;
};

struct Key {
  const std::string* session = nullptr;
  std::int64_t timestamp_us = 0;
  bool last_of_session = false;
};

/// Turns on their way. The rows point into the replies.
struct Batch {
  std::vector<Key> keys;
  std::vector<yardstick::Row> rows;
  yardstick::ReplyBuffer replies;
};

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The side of Redis: reads batch after batch, and removes them when they are committed.
class Source {
 public:
  Source(const std::string& socket, std::size_t batch_rows) : redis_(socket), batch_rows_(batch_rows) {}

  /// Finds out what has pending turns. Call it when all batches of the round before are removed.
  void begin_round() {
    redis_.command(4);
    for (const std::string_view word : {"ZRANGE", "sync:dirty", "0", "-1"}) redis_.word(word);
    redis_.send(scratch_);
    sessions_.assign(static_cast<std::size_t>(redis_.take_integer()), {});
    for (std::string& session : sessions_) session = redis_.take_text();
    // Rows that lie together in the store come to it together.
    std::ranges::sort(sessions_);
    next_session_ = 0;
    keys_.clear();
    next_key_ = 0;
  }

  /// Removes the turns of `committed` from Redis and reads the next ones of the round into `batch`, up to the
  /// size of a batch; none at its end.
  void exchange(const std::vector<Key>& committed, Batch& batch) {
    remove(committed);
    batch.rows.clear();
    while (keys_.size() - next_key_ < batch_rows_ && next_session_ < sessions_.size()) find_turns();
    const std::size_t rows = std::min(batch_rows_, keys_.size() - next_key_);
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(next_key_);
    batch.keys.assign(first, first + static_cast<std::ptrdiff_t>(rows));
    next_key_ += rows;
    if (rows > 0) read_turns(batch);
  }

  /// Removes turns; of their sessions those that have none left leave the index.
  void remove(const std::vector<Key>& keys);

 private:
  void index_again(const std::vector<Key>& refilled);
  void find_turns();
  void read_turns(Batch& batch);
  void message_key(const Key& key);

  yardstick::RedisPipe redis_;
  std::size_t batch_rows_;
  yardstick::ReplyBuffer scratch_;
  std::vector<std::string> sessions_;
  std::size_t next_session_ = 0;
  std::vector<Key> keys_;
  std::size_t next_key_ = 0;
  std::string name_;
};

void Source::message_key(const Key& key) {
  name_.clear();
  fmt::format_to(std::back_inserter(name_), "session:{}:msg:{}", *key.session, key.timestamp_us);
  redis_.word(name_);
}

void Source::find_turns() {
  const std::size_t end = std::min(next_session_ + kSessionsAtOnce, sessions_.size());
  for (std::size_t i = next_session_; i < end; ++i) {
    redis_.command(2);
    redis_.word("SMEMBERS");
    redis_.word(fmt::format("session:{}:pending_msgs", sessions_[i]));
  }
  redis_.send(scratch_);
  keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(next_key_));
  next_key_ = 0;
  for (; next_session_ < end; ++next_session_) {
    const std::size_t old = keys_.size();
    for (std::int64_t left = redis_.take_integer(); left > 0; --left) {
      const std::string_view name = redis_.take_text();
      keys_.push_back({.session = &sessions_[next_session_],
                       .timestamp_us = number_in(name.substr(name.rfind(':') + 1))});
    }
    std::sort(keys_.begin() + static_cast<std::ptrdiff_t>(old), keys_.end(),
              [](const Key& left, const Key& right) { return left.timestamp_us < right.timestamp_us; });
    if (keys_.size() > old) keys_.back().last_of_session = true;
  }
}

void Source::read_turns(Batch& batch) {
  for (const Key& key : batch.keys) {
    redis_.command(2 + kFieldCount);
    redis_.word("HMGET");
    message_key(key);
    redis_.encoded_words(kFields);
  }
  redis_.send(batch.replies);
  for (const Key& key : batch.keys) {
    redis_.take_integer();
    yardstick::Row& row = batch.rows.emplace_back();
    row.session = *key.session;
    row.timestamp_us = key.timestamp_us;
    row.turn_id = redis_.take_text();
    row.seq = number_in(redis_.take_text());
    row.user_id = redis_.take_text();
    row.question = redis_.take_text();
    row.answer = redis_.take_text();
    row.status = redis_.take_text();
    row.model = redis_.take_text();
  }
}

void Source::remove(const std::vector<Key>& keys) {
  if (keys.empty()) return;
  std::size_t sessions = 0;
  std::vector<Key> drained;
  for (auto begin = keys.begin(); begin != keys.end(); ++sessions) {
    const auto end =
        std::find_if(begin, keys.end(), [&](const Key& key) { return key.session != begin->session; });
    redis_.command(2 + static_cast<std::size_t>(end - begin));
    redis_.word("SREM");
    redis_.word(fmt::format("session:{}:pending_msgs", *begin->session));
    for (auto key = begin; key != end; ++key) message_key(*key);
    if ((end - 1)->last_of_session) drained.push_back(*(end - 1));
    begin = end;
  }
  redis_.command(1 + keys.size());
  redis_.word("UNLINK");
  for (const Key& key : keys) message_key(key);
  if (!drained.empty()) {
    redis_.command(2 + drained.size());
    redis_.word("ZREM");
    redis_.word("sync:dirty");
    for (const Key& key : drained) redis_.word(*key.session);
    for (const Key& key : drained) {
      redis_.command(2);
      redis_.word("SCARD");
      redis_.word(fmt::format("session:{}:pending_msgs", *key.session));
    }
  }
  redis_.send(scratch_);
  for (std::size_t replies = sessions + 1; replies > 0; --replies) redis_.take_integer();
  if (drained.empty()) return;
  redis_.take_integer();
  std::erase_if(drained, [&](const Key&) { return redis_.take_integer() == 0; });
  index_again(drained);
}

// A turn that was recorded between SMEMBERS and ZREM found its session in the index and left it at that.
void Source::index_again(const std::vector<Key>& refilled) {
  for (const Key& key : refilled) {
    redis_.command(5);
    for (const std::string_view word : {"ZADD", "sync:dirty", "NX"}) redis_.word(word);
    redis_.word(std::to_string(key.timestamp_us));
    redis_.word(*key.session);
  }
  if (!refilled.empty()) redis_.send(scratch_);
  for (std::size_t replies = refilled.size(); replies > 0; --replies) redis_.take_integer();
}

/// Goes once through all that is pending; returns the number of rows.
std::uint64_t drain_round(const Options& options, Source& source, yardstick::BulkInsert& store) {
  static Batch current;
  static Batch next;
  std::uint64_t rows = 0;
  std::vector<Key> committed;
  source.begin_round();
  source.exchange({}, current);
  while (!current.rows.empty()) {
    auto written = std::async(options.overlapped ? std::launch::async : std::launch::deferred,
                              [&] { store.insert(current.rows); });
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
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGTERM, [](int) { stopped = true; });

  Source source(options.redis_socket, options.batch);
  yardstick::BulkInsert store(options.mysql_socket, options.database, yardstick::form_of(options.form));
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t rows = 0;
  while (!stopped) {
    const std::uint64_t moved = drain_round(options, source, store);
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

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bulk_insert.hpp"
#include "redis_pipe.hpp"

namespace yardstick {

/// A session with pending turns.
struct PendingSession {
  std::string id;
  std::string user_id;  ///< Known where the session's own data are asked for.
  std::string title;
};

struct PendingKey {
  const PendingSession* session = nullptr;
  std::int64_t timestamp_us = 0;
  bool last_of_session = false;
};

/// Turns on their way. The rows point into the replies.
struct PendingBatch {
  std::vector<PendingKey> keys;
  std::vector<Row> rows;
  ReplyBuffer replies;
};

/// The side of Redis: reads batch after batch, and removes them when they are committed. How it does that, a
/// derived class knows. For one thread. Every failure is a std::runtime_error.
class PendingSource {
 public:
  PendingSource(const std::string& socket, std::size_t batch_rows)
      : redis_(socket), batch_rows_(batch_rows) {}
  virtual ~PendingSource() = default;
  PendingSource(const PendingSource&) = delete;
  PendingSource& operator=(const PendingSource&) = delete;

  /// Finds out what has pending turns. Call it when all batches of the round before are removed.
  void begin_round();

  /// Removes the turns of `committed` from Redis and reads the next ones of the round into `batch`, up to the
  /// size of a batch; none at its end.
  void exchange(const std::vector<PendingKey>& committed, PendingBatch& batch);

  /// Removes turns; of their sessions those that have none left leave the index.
  virtual void remove(const std::vector<PendingKey>& keys) = 0;

 protected:
  /// Asks for the names of a session's pending turns.
  virtual void ask_for_names(const PendingSession& session) = 0;
  /// Takes the replies to that, up to the names; returns their number.
  virtual std::int64_t take_number_of_names(PendingSession& session) = 0;
  /// Takes what comes after the names.
  virtual void take_rest(PendingSession& session) = 0;
  /// The fields of a turn, encoded: those of a Row, in its order, and maybe one more.
  virtual std::string_view fields() const = 0;
  virtual std::size_t field_count() const = 0;

  /// Good until the next call.
  std::string_view message_key(const PendingKey& key);

  RedisPipe redis_;
  ReplyBuffer scratch_;

 private:
  void find_turns();
  void read_turns(PendingBatch& batch);

  std::size_t batch_rows_;
  std::vector<PendingSession> sessions_;
  std::size_t next_session_ = 0;
  std::vector<PendingKey> keys_;
  std::size_t next_key_ = 0;
  std::string name_;
};

/// Moves rows by the documented commands and does no more than that.
std::unique_ptr<PendingSource> source_of_rows(const std::string& socket, std::size_t batch_rows);

/// Sends chatsync's own commands: a session's own data are asked for too, and what is committed is
/// acknowledged by its script.
std::unique_ptr<PendingSource> source_by_acknowledgement(const std::string& socket, std::size_t batch_rows);

}  // namespace yardstick

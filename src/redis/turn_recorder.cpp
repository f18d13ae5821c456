// What arrives in one turn of the event loop goes to Redis as one call of record.lua, and so does what
// arrives while a few calls are under way: a call costs Redis as much as a quarter of a turn, so that a busy
// Redis gets the fuller batches the busier it is, and an idle one each turn at once. A batch is bounded in
// turns and bytes, since Redis serves nobody else while it runs.
//
// A turn in a session of which the last turn was recorded here is sent as what it will be, number, time stamp
// and history entry, with the count on which that depends; the script falls back on finding out itself. While
// a turn is under way nothing is known of its session, so that no guess is built on another one.
#include "redis/turn_recorder.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/turn_json.hpp"
#include "chat/turn_stamp.hpp"
#include "redis/last_turns.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::size_t kTurnsOfABatch = 64;
constexpr std::size_t kBytesOfABatch = 256UL * 1024;  ///< Of texts; a larger turn goes alone.
constexpr std::size_t kBatchesUnderWay = 2;           ///< One that Redis works on, one that it finds then.
constexpr std::size_t kMostBytesWaiting = 64UL * 1024 * 1024;
constexpr std::size_t kKeysOfATurn = 4;
constexpr std::size_t kArgumentsOfATurn = 12;

}  // namespace

class TurnRecorder::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(RedisConnection& connection, KeySpace keys) : connection_(connection), keys_(keys) {}

  void add(Turn turn, SessionPresence presence, Handler handler) {
    if (waiting_bytes_ >= kMostBytesWaiting) return refuse(std::move(handler));
    waiting_bytes_ += bytes_of(turn);
    waiting_.push_back({.turn = std::move(turn),
                        .presence = presence,
                        .lineage = connection_.lineage(),
                        .handler = std::move(handler)});
    if (send_posted_ || under_way_ >= kBatchesUnderWay) return;
    send_posted_ = true;
    boost::asio::post(connection_.executor(), [self = shared_from_this()] {
      self->send_posted_ = false;
      self->send();
    });
  }

 private:
  struct Waiting {
    Turn turn;  ///< Once sent, with the time stamp proposed.
    SessionPresence presence = SessionPresence::unknown;
    std::uint64_t lineage = 0;  ///< Of the cache for which the caller knows `presence`.
    Handler handler;
  };
  using Batch = std::vector<Waiting>;

  void refuse(Handler handler) {
    boost::asio::post(
        connection_.executor(), [handler = std::move(handler), this_name = connection_.name()]() mutable {
          handler(fail(ErrorKind::overloaded, this_name + ": too many turns wait", "cache_overloaded"));
        });
  }

  void send() {
    while (!waiting_.empty() && under_way_ < kBatchesUnderWay) send_batch(next_batch());
  }

  Batch next_batch() {
    Batch batch;
    std::size_t bytes = 0;
    while (!waiting_.empty() && batch.size() < kTurnsOfABatch) {
      const std::size_t more = bytes_of(waiting_.front().turn);
      if (!batch.empty() && bytes + more > kBytesOfABatch) break;
      bytes += more;
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    waiting_bytes_ -= bytes;
    return batch;
  }

  void send_batch(Batch batch);
  void forget_another_cache();
  void encode(CommandEncoder& out, Batch& batch);
  void encode_turn(CommandEncoder& out, Waiting& waiting);
  void send_with_scripts(Batch batch);
  void answer(Batch batch, Result<Replies> replies);
  Result<RecordOutcome> outcome_of(const Turn& turn, ReplyView reply) const;

  RedisConnection& connection_;
  const KeySpace keys_;
  LastTurns last_turns_;
  std::uint64_t lineage_ = 0;  ///< Of the cache that last_turns_ tells of.

  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t under_way_ = 0;
  bool send_posted_ = false;
  std::string name_;  ///< As entry_, kept for its memory.
  std::string entry_;
};

void TurnRecorder::Impl::send_batch(Batch batch) {
  forget_another_cache();
  std::erase_if(batch, [this](Waiting& waiting) {
    const bool replaced = waiting.lineage != 0 && waiting.lineage != lineage_;
    if (replaced) waiting.handler(std::unexpected(connection_.replaced()));
    return replaced;
  });
  if (batch.empty()) return;
  ++under_way_;
  // The batch lives in the handler, from which encode() must not take it before it has read it.
  auto sent = std::make_unique<Batch>(std::move(batch));
  Batch& turns = *sent;
  connection_.submit([this, &turns](CommandEncoder& out) { encode(out, turns); },
                     [self = shared_from_this(), sent = std::move(sent)](Result<Replies> replies) {
                       const bool forgotten =
                           replies && RedisConnection::is_noscript(replies->front().view());
                       if (forgotten) return self->send_with_scripts(std::move(*sent));
                       self->answer(std::move(*sent), std::move(replies));
                     });
}

void TurnRecorder::Impl::forget_another_cache() {
  if (lineage_ == connection_.lineage()) return;
  lineage_ = connection_.lineage();
  last_turns_.forget_all();
}

void TurnRecorder::Impl::send_with_scripts(Batch batch) {
  auto sent = std::make_unique<Batch>(std::move(batch));
  Batch& turns = *sent;
  connection_.submit(
      [this, &turns](CommandEncoder& out) {
        out.command({"SCRIPT", "LOAD", scripts().record.text});
        encode(out, turns);
      },
      [self = shared_from_this(), sent = std::move(sent)](Result<Replies> replies) {
        if (replies) replies->erase(replies->begin());
        self->answer(std::move(*sent), std::move(replies));
      });
}

void TurnRecorder::Impl::encode(CommandEncoder& out, Batch& batch) {
  out.begin(3 + 1 + kKeysOfATurn * batch.size() + 1 + kArgumentsOfATurn * batch.size());
  out.argument("EVALSHA");
  out.argument(scripts().record.sha1);
  out.argument(1 + kKeysOfATurn * batch.size());
  out.argument(KeySpace::kDirty);
  for (const Waiting& waiting : batch) {
    name_.clear();
    keys_.append_prefix(name_, waiting.turn.session_id);
    for (const std::string_view key :
         {KeySpace::kCount, KeySpace::kHistory, KeySpace::kPending, KeySpace::kMeta}) {
      out.argument(name_, key);
    }
  }
  out.argument(KeySpace::kNewSessions);
  for (Waiting& waiting : batch) encode_turn(out, waiting);
}

void TurnRecorder::Impl::encode_turn(CommandEncoder& out, Waiting& waiting) {
  Turn& turn = waiting.turn;
  const std::optional<LastTurn> last = last_turns_.take(turn.session_id);
  turn.timestamp_us = cache_stamp(turn.timestamp_us, last ? last->timestamp_us : 0);
  turn.seq = last ? last->count + 1 : 0;
  if (last) {
    out.argument(last->count);
  } else {
    out.argument(waiting.presence == SessionPresence::known_new ? "new" : "");
  }
  out.argument(*turn.seq);
  out.argument(turn.timestamp_us);
  name_.clear();
  keys_.append_prefix(name_, turn.session_id);
  name_ += KeySpace::kMessage;
  fmt::format_to(std::back_inserter(name_), "{}", turn.timestamp_us);
  out.argument(name_);
  out.argument(turn.session_id);
  out.argument(turn.turn_id);
  out.argument(turn.user_id);
  out.argument(turn.question);
  out.argument(turn.answer);
  out.argument(to_string(turn.status));
  out.argument(turn.model);
  entry_.clear();
  append_history_entry(entry_, turn);
  out.argument(entry_);
}

void TurnRecorder::Impl::answer(Batch batch, Result<Replies> replies) {
  --under_way_;
  forget_another_cache();
  std::optional<Error> failure;
  if (!replies) {
    failure = std::move(replies).error();
  } else if (replies->front().view().is_error()) {
    failure = connection_.error_of(replies->front().view());
  }
  for (std::size_t index = 0; index < batch.size(); ++index) {
    Waiting& waiting = batch[index];
    if (failure) {
      waiting.handler(std::unexpected(*failure));
      continue;
    }
    Result<RecordOutcome> outcome = outcome_of(waiting.turn, (*replies)[0][index]);
    if (outcome && !outcome->session_missing) {
      last_turns_.remember(waiting.turn.session_id,
                           {.count = outcome->question_count, .timestamp_us = outcome->timestamp_us});
    }
    waiting.handler(std::move(outcome));
  }
  send();
}

Result<RecordOutcome> TurnRecorder::Impl::outcome_of(const Turn& turn, ReplyView reply) const {
  if (reply.is_error()) return std::unexpected(connection_.error_of(reply));
  RecordOutcome outcome;
  outcome.question_count = reply.is_array() ? reply[0].integer_or(0) : reply.integer_or(0);
  outcome.timestamp_us = reply.is_array() ? reply[1].integer_or(0) : turn.timestamp_us;
  outcome.session_missing = outcome.question_count == 0;
  return outcome;
}

TurnRecorder::TurnRecorder(RedisConnection& connection, KeySpace keys)
    : impl_(std::make_shared<Impl>(connection, keys)) {}

TurnRecorder::~TurnRecorder() = default;

void TurnRecorder::add(Turn turn, SessionPresence presence, Handler handler) {
  impl_->add(std::move(turn), presence, std::move(handler));
}

}  // namespace chatsync::redis

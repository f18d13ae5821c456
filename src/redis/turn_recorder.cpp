// What arrives in one turn of the event loop goes to Redis in one write, and so does what arrives while a few
// batches are under way: the first of several turns costs Redis more than each further one, so that a busy
// Redis gets the fuller batches the busier it is, and an idle one each turn at once. A batch is bounded in
// turns and bytes, since Redis serves nobody else while it works on one, and of many turns at hand it holds
// but a part: were they all in one, Redis would wait while their clients are answered, and these while Redis
// works. For the same reason the next batch leaves before the turns of the last one are answered.
//
// A turn in a session of which the last turn was recorded here is proposed as what it will be, number, time
// stamp and history entry, in a transaction that depends on the session's count (record_transaction.cpp).
// Every other turn, and one that was refused as proposed, is numbered by record.lua. While a turn is under
// way nothing is known of its session but what another thread has recorded there since, so that no guess is
// built on another one; of several turns of a session in one batch none is guessed; and where others record
// in the session too, nothing is.
#include "redis/turn_recorder.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <functional>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include "chat/turn_stamp.hpp"
#include "redis/encode_turn.hpp"
#include "redis/record_transaction.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::size_t kLeastTurnsOfAFullBatch = 32;
constexpr std::size_t kMostTurnsOfABatch = 64;
constexpr std::size_t kBytesOfABatch = 256UL * 1024;  ///< Of texts; a larger turn goes alone.
constexpr std::size_t kBatchesUnderWay = 2;
constexpr std::size_t kMostBytesWaiting = 64UL * 1024 * 1024;

}  // namespace

class TurnRecorder::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(RedisConnection& connection, KeySpace keys, std::shared_ptr<LastTurns> last_turns)
      : connection_(connection), keys_(keys), transaction_(keys), last_turns_(std::move(last_turns)) {}

  void add(std::unique_ptr<Waiting> waiting) {
    if (waiting_bytes_ >= kMostBytesWaiting) return refuse(std::move(waiting->handler));
    waiting_bytes_ += bytes_of(*waiting->turn);
    waiting->lineage = connection_.lineage();
    waiting_.push_back(std::move(waiting));
    if (send_posted_ || under_way_ >= kBatchesUnderWay) return;
    send_posted_ = true;
    boost::asio::post(connection_.executor(), [self = shared_from_this()] {
      self->send_posted_ = false;
      self->send();
    });
  }

 private:
  using Handler = std::move_only_function<void(Result<RecordOutcome>)>;
  using Batch = std::vector<std::unique_ptr<Waiting>>;
  struct Settled {
    Handler handler;
    Result<RecordOutcome> outcome;
  };

  /// What is under way together.
  struct Sent {
    Batch proposed;
    Batch others;
    bool with_script = false;  ///< record.lua goes along.
  };

  void refuse(Handler handler) {
    boost::asio::post(
        connection_.executor(), [handler = std::move(handler), this_name = connection_.name()]() mutable {
          handler(fail(ErrorKind::overloaded, this_name + ": too many turns wait", "cache_overloaded"));
        });
  }

  void send() {
    while (!waiting_.empty() && under_way_ < kBatchesUnderWay) send_batch(next_batch());
  }

  std::size_t turns_of_a_full_batch() const {
    constexpr std::size_t kParts = 2 * kBatchesUnderWay;
    return std::clamp((waiting_.size() + turns_under_way_) / kParts, kLeastTurnsOfAFullBatch,
                      kMostTurnsOfABatch);
  }

  Batch next_batch() {
    Batch batch;
    std::size_t bytes = 0;
    const std::size_t most = turns_of_a_full_batch();
    while (!waiting_.empty() && batch.size() < most) {
      const std::size_t more = bytes_of(*waiting_.front()->turn);
      if (!batch.empty() && bytes + more > kBytesOfABatch) break;
      bytes += more;
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    waiting_bytes_ -= bytes;
    return batch;
  }

  void send_batch(Batch batch);
  Sent divide(Batch batch);
  /// Turns of one session get their numbers in the order in which they come, so they go together.
  static void withdraw_proposal(Sent& sent, std::string_view session_id);
  void encode(CommandEncoder& out, const Sent& sent);
  void encode_call(CommandEncoder& out, const Batch& batch);
  void answer(Sent sent, Result<Replies> replies);
  void answer_proposed(Batch batch, std::span<const Reply> replies);
  void answer_others(Batch batch, ReplyView reply);
  void answer_recorded(Waiting& waiting, const RecordOutcome& outcome);
  void fail_all(Batch& batch, const Error& failure);
  /// What becomes of a turn is known; its caller is told by answer_settled().
  void settle(Waiting& waiting, Result<RecordOutcome> outcome);
  void answer_settled();
  void send_again(Batch batch);
  Result<RecordOutcome> outcome_of(ReplyView reply) const;

  RedisConnection& connection_;
  const KeySpace keys_;
  RecordTransaction transaction_;
  const std::shared_ptr<LastTurns> last_turns_;

  std::deque<std::unique_ptr<Waiting>> waiting_;
  std::vector<Settled> settled_;
  std::size_t waiting_bytes_ = 0;
  std::size_t under_way_ = 0;  ///< Batches.
  std::size_t turns_under_way_ = 0;
  bool send_posted_ = false;
  bool script_lost_ = false;
};

void TurnRecorder::Impl::send_batch(Batch batch) {
  std::erase_if(batch, [this](const std::unique_ptr<Waiting>& waiting) {
    const bool replaced = waiting->lineage != 0 && waiting->lineage != connection_.lineage();
    if (replaced) settle(*waiting, std::unexpected(connection_.replaced()));
    return replaced;
  });
  answer_settled();
  if (batch.empty()) return;
  ++under_way_;
  turns_under_way_ += batch.size();
  auto sent = std::make_unique<Sent>(divide(std::move(batch)));
  // It lives in the handler, from which encode() must not take it before it has read it.
  const Sent& turns = *sent;
  connection_.submit([this, &turns](CommandEncoder& out) { encode(out, turns); },
                     [self = shared_from_this(), sent = std::move(sent)](Result<Replies> replies) {
                       self->answer(std::move(*sent), std::move(replies));
                     });
}

// Whether a session comes twice is asked of the batch and not of what is remembered: what was taken for the
// first turn, another thread may have remembered anew before the second. In one transaction two turns of a
// session could both get the same number, or the one's undoing take the other and all that is pending along.
TurnRecorder::Impl::Sent TurnRecorder::Impl::divide(Batch batch) {
  Sent sent;
  sent.proposed.reserve(batch.size());
  std::vector<std::size_t> sessions;  // Their hashes: two sessions that share one only go the longer way.
  sessions.reserve(batch.size());
  for (std::unique_ptr<Waiting>& waiting : batch) {
    const Turn& turn = *waiting->turn;
    const std::size_t session = std::hash<std::string_view>()(turn.session_id);
    const bool repeated = std::ranges::find(sessions, session) != sessions.end();
    sessions.push_back(session);
    if (repeated) withdraw_proposal(sent, turn.session_id);
    waiting->last = repeated ? std::nullopt : last_turns_->take(connection_.lineage(), turn.session_id);
    const bool foreseen = waiting->last && !waiting->last->shared;
    waiting->timestamp_us = cache_stamp(turn.timestamp_us, waiting->last ? waiting->last->timestamp_us : 0);
    (foreseen ? sent.proposed : sent.others).push_back(std::move(waiting));
  }
  sent.with_script = !sent.others.empty() && std::exchange(script_lost_, false);
  return sent;
}

void TurnRecorder::Impl::withdraw_proposal(Sent& sent, std::string_view session_id) {
  const auto proposal = std::ranges::find_if(
      sent.proposed, [&](const auto& waiting) { return waiting->turn->session_id == session_id; });
  if (proposal == sent.proposed.end()) return;
  sent.others.push_back(std::move(*proposal));
  sent.proposed.erase(proposal);
}

void TurnRecorder::Impl::encode(CommandEncoder& out, const Sent& sent) {
  if (!sent.proposed.empty()) {
    std::vector<NumberedTurn> turns;
    turns.reserve(sent.proposed.size());
    for (const auto& waiting : sent.proposed) {
      turns.push_back({waiting->turn, waiting->last->count + 1, waiting->timestamp_us});
    }
    transaction_.encode(out, turns);
  }
  if (sent.with_script) out.command({"SCRIPT", "LOAD", scripts().record.text});
  if (!sent.others.empty()) encode_call(out, sent.others);
}

void TurnRecorder::Impl::encode_call(CommandEncoder& out, const Batch& batch) {
  out.begin(3 + 1 + kKeysOfATurn * batch.size() + 1 + kArgumentsOfATurn * batch.size());
  out.argument("EVALSHA");
  out.argument(scripts().record.sha1);
  out.argument(1 + kKeysOfATurn * batch.size());
  out.argument(KeySpace::kDirty);
  for (const auto& waiting : batch) {
    encode_keys_of_turn(out, keys_.prefix(waiting->turn->session_id));
  }
  out.argument(KeySpace::kNewSessions);
  for (const auto& waiting : batch) {
    encode_arguments_of_turn(out, *waiting->turn, waiting->timestamp_us, waiting->presence,
                             keys_.prefix(waiting->turn->session_id));
  }
}

void TurnRecorder::Impl::answer(Sent sent, Result<Replies> replies) {
  --under_way_;
  turns_under_way_ -= sent.proposed.size() + sent.others.size();
  if (!replies) {
    fail_all(sent.proposed, replies.error());
    fail_all(sent.others, replies.error());
  } else {
    const std::size_t commands =
        sent.proposed.empty() ? 0 : RecordTransaction::commands(sent.proposed.size());
    const std::span<const Reply> of_transaction = std::span<const Reply>(*replies).first(commands);
    // In the order of Redis, so that the last turn of a session is the one remembered.
    if (!sent.proposed.empty()) answer_proposed(std::move(sent.proposed), of_transaction);
    if (!sent.others.empty()) answer_others(std::move(sent.others), replies->back().view());
  }
  send();
  answer_settled();
}

void TurnRecorder::Impl::settle(Waiting& waiting, Result<RecordOutcome> outcome) {
  settled_.push_back({std::move(waiting.handler), std::move(outcome)});
}

void TurnRecorder::Impl::answer_settled() {
  if (settled_.empty()) return;
  boost::asio::post(connection_.executor(), [settled = std::exchange(settled_, {})]() mutable {
    for (Settled& one : settled) one.handler(std::move(one.outcome));
  });
}

void TurnRecorder::Impl::answer_proposed(Batch batch, std::span<const Reply> replies) {
  const auto refused = RecordTransaction::read(connection_.name(), replies, batch.size());
  if (!refused) return fail_all(batch, refused.error());
  Batch again;
  for (std::size_t index = 0; index < batch.size(); ++index) {
    Waiting& waiting = *batch[index];
    if ((*refused)[index]) {
      // Unless somebody has recorded in it since, it is not known what that was.
      LastTurn last = *waiting.last;
      last.shared = true;
      last_turns_->remember(connection_.lineage(), waiting.turn->session_id, last);
      again.push_back(std::move(batch[index]));
    } else {
      answer_recorded(waiting,
                      {.question_count = waiting.last->count + 1, .timestamp_us = waiting.timestamp_us});
    }
  }
  send_again(std::move(again));
}

void TurnRecorder::Impl::answer_others(Batch batch, ReplyView reply) {
  if (RedisConnection::is_noscript(reply)) {
    script_lost_ = true;
    return send_again(std::move(batch));
  }
  if (reply.is_error()) return fail_all(batch, connection_.error_of(reply));
  for (std::size_t index = 0; index < batch.size(); ++index) {
    Waiting& waiting = *batch[index];
    Result<RecordOutcome> outcome = outcome_of(reply[index]);
    if (outcome && !outcome->session_missing) {
      answer_recorded(waiting, *outcome);
    } else {
      settle(waiting, std::move(outcome));
    }
  }
}

void TurnRecorder::Impl::answer_recorded(Waiting& waiting, const RecordOutcome& outcome) {
  const bool as_foreseen = !waiting.last || outcome.question_count == waiting.last->count + 1;
  last_turns_->remember(
      connection_.lineage(), waiting.turn->session_id,
      {.count = outcome.question_count, .timestamp_us = outcome.timestamp_us, .shared = !as_foreseen});
  settle(waiting, outcome);
}

void TurnRecorder::Impl::fail_all(Batch& batch, const Error& failure) {
  for (const auto& waiting : batch) settle(*waiting, std::unexpected(failure));
}

void TurnRecorder::Impl::send_again(Batch batch) {
  for (std::unique_ptr<Waiting>& waiting : std::views::reverse(batch)) {
    waiting_bytes_ += bytes_of(*waiting->turn);
    waiting_.push_front(std::move(waiting));
  }
}

Result<RecordOutcome> TurnRecorder::Impl::outcome_of(ReplyView reply) const {
  if (reply.is_error()) return std::unexpected(connection_.error_of(reply));
  RecordOutcome outcome{.question_count = reply[0].integer_or(0), .timestamp_us = reply[1].integer_or(0)};
  outcome.session_missing = outcome.question_count == 0;
  return outcome;
}

TurnRecorder::TurnRecorder(RedisConnection& connection, KeySpace keys, std::shared_ptr<LastTurns> last_turns)
    : impl_(std::make_shared<Impl>(connection, keys, std::move(last_turns))) {}

TurnRecorder::~TurnRecorder() = default;

void TurnRecorder::add(std::unique_ptr<Waiting> waiting) { impl_->add(std::move(waiting)); }

}  // namespace chatsync::redis

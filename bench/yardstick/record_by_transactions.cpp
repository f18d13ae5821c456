// What chatsync sends and reads, by its own encoder and its own reader of replies, with nothing around it: so
// this is the ceiling for chatsync's way to record, and what lies between the two is the cost of all else it
// does.
//
// The number of a turn is known from the one before. Where there is none, or one is under way, Redis gives
// it, by the documented commands. At most two batches are under way: what arrives meanwhile goes together
// with the next one, since the scripts are paid for once a batch.
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "documented_commands.hpp"
#include "recording.hpp"
#include "redis/record_transaction.hpp"
#include "redis/reply_matcher.hpp"

namespace yardstick {
namespace {

using chatsync::Result;
using chatsync::Turn;
using chatsync::redis::NumberedTurn;
using chatsync::redis::RecordTransaction;
using chatsync::redis::Replies;

constexpr std::size_t kTurnsOfABatch = 64;
constexpr int kBatchesUnderWay = 2;

class ByTransactions : public Recording {
 public:
  ByTransactions(int redis, Answer answer) : redis_(redis), answer_(std::move(answer)) {}

  void add(Waiting waiting) override { waiting_.push_back(std::move(waiting)); }

  void send() override {
    while (!waiting_.empty() && under_way_ < kBatchesUnderWay) encode_batch();
    if (!matcher_.has_output()) return;
    matcher_.take_output(sent_);
    send_all(redis_, sent_);
  }

  void receive() override {
    const ssize_t size = ::recv(redis_, buffer_, sizeof buffer_, 0);
    if (size < 0) give_up_at("Redis");
    if (size == 0) give_up("Redis has closed the connection");
    const Result<void> fed = matcher_.feed({buffer_, static_cast<std::size_t>(size)});
    if (!fed) give_up(fed.error().message);
  }

 private:
  struct Session {
    std::int64_t count = 0;
    int under_way = 0;
  };
  using Batch = std::vector<Waiting>;

  void encode_batch() {
    Batch foreseen;
    Batch others;
    for (std::size_t left = std::min(kTurnsOfABatch, waiting_.size()); left > 0; --left) {
      Waiting waiting = std::move(waiting_.front());
      waiting_.pop_front();
      Session& session = sessions_[waiting.turn.session_id];
      const bool known = session.count > 0 && session.under_way == 0;
      ++session.under_way;
      if (known) waiting.turn.seq = session.count + 1;
      (known ? foreseen : others).push_back(std::move(waiting));
    }
    ++under_way_;
    if (!foreseen.empty()) encode_foreseen(std::move(foreseen), others.empty());
    for (std::size_t i = 0; i < others.size(); ++i)
      encode_other(std::move(others[i]), i + 1 == others.size());
  }

  void encode_foreseen(Batch batch, bool ends_batch) {
    std::vector<NumberedTurn> turns;
    turns.reserve(batch.size());
    for (const Waiting& waiting : batch) {
      turns.push_back({&waiting.turn, *waiting.turn.seq, waiting.turn.timestamp_us});
    }
    transaction_.encode(matcher_.encoder(), turns);
    matcher_.add({}, [this, ends_batch, batch = std::move(batch)](const Result<Replies>& replies) {
      const auto refused = RecordTransaction::read("Redis", *replies, batch.size());
      if (!refused) give_up(refused.error().message);
      if (std::ranges::find(*refused, true) != refused->end()) give_up("a session is not as expected");
      for (const Waiting& waiting : batch) take(waiting);
      if (ends_batch) --under_way_;
    });
  }

  void encode_other(Waiting waiting, bool ends_batch) {
    encode_documented_commands(matcher_.encoder(), waiting.turn);
    matcher_.add({},
                 [this, ends_batch, waiting = std::move(waiting)](const Result<Replies>& replies) mutable {
                   const auto exec = replies->back().view();
                   if (exec.is_error()) give_up(exec.text_or(""));
                   waiting.turn.seq = exec[0].integer_or(0);
                   take(waiting);
                   if (ends_batch) --under_way_;
                 });
  }

  void take(const Waiting& waiting) {
    Session& session = sessions_[waiting.turn.session_id];
    session.count = *waiting.turn.seq;
    --session.under_way;
    answer_(waiting);
  }

  int redis_;
  Answer answer_;
  chatsync::redis::ReplyMatcher matcher_;
  RecordTransaction transaction_{chatsync::redis::KeySpace()};
  std::unordered_map<std::string, Session> sessions_;
  std::deque<Waiting> waiting_;
  int under_way_ = 0;
  std::string sent_;
  char buffer_[256 * 1024];
};

}  // namespace

std::unique_ptr<Recording> record_by_transactions(int redis, Recording::Answer answer) {
  return std::make_unique<ByTransactions>(redis, std::move(answer));
}

}  // namespace yardstick

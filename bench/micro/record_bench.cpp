#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "micro/sample_turn.hpp"
#include "redis/record_transaction.hpp"
#include "redis/reply_matcher.hpp"

namespace chatsync::bench {
namespace {

using redis::RecordTransaction;

/// So many turns of as many sessions.
class Batch {
 public:
  explicit Batch(std::int64_t size) : turns_(static_cast<std::size_t>(size), sample_turn()) {
    for (Turn& turn : turns_) {
      turn.session_id += std::to_string(numbered_.size());
      numbered_.push_back({&turn, *turn.seq, turn.timestamp_us});
    }
  }
  std::span<const redis::NumberedTurn> turns() const { return numbered_; }

 private:
  std::vector<Turn> turns_;
  std::vector<redis::NumberedTurn> numbered_;
};

/// What is sent to Redis to record so many turns: the scripts and the commands between them.
void encode_transaction(benchmark::State& state) {
  const Batch batch(state.range(0));
  RecordTransaction transaction{redis::KeySpace()};
  std::string bytes;
  redis::CommandEncoder out(bytes);
  for (auto _ : state) {
    bytes.clear();
    out.reset_count();
    transaction.encode(out, batch.turns());
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_turn"] = static_cast<double>(bytes.size()) / static_cast<double>(state.range(0));
}
BENCHMARK(encode_transaction)->Arg(1)->Arg(16)->Arg(64);

/// What Redis says to a transaction that records so many turns.
std::string replies_to(std::size_t turns) {
  const std::size_t results = RecordTransaction::commands(turns) - 2;
  std::string replies = "+OK\r\n";
  for (std::size_t i = 0; i < results; ++i) replies += "+QUEUED\r\n";
  replies += "*" + std::to_string(results) + "\r\n*0\r\n+OK\r\n";
  for (std::size_t i = 0; i < turns; ++i) replies += ":8\r\n:1\r\n:11\r\n+OK\r\n";
  return replies + "$-1\r\n";
}

/// The replies, which come in one read: matched to their request, and read.
void read_replies(benchmark::State& state) {
  const Batch batch(state.range(0));
  const std::string replies = replies_to(batch.turns().size());
  RecordTransaction transaction{redis::KeySpace()};
  redis::ReplyMatcher matcher;
  std::string sent;
  bool recorded = false;
  for (auto _ : state) {
    // What is sent must be there to be answered; that it is made is not what is measured.
    state.PauseTiming();
    transaction.encode(matcher.encoder(), batch.turns());
    matcher.add({}, [&](const Result<redis::Replies>& come) {
      recorded = come && RecordTransaction::read("redis", *come, batch.turns().size());
    });
    matcher.take_output(sent);
    state.ResumeTiming();
    if (!matcher.feed(replies) || !std::exchange(recorded, false)) {
      state.SkipWithError("the replies were refused");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(read_replies)->Arg(1)->Arg(16)->Arg(64);

}  // namespace
}  // namespace chatsync::bench

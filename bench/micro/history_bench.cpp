#include <benchmark/benchmark.h>

#include <string>

#include "chat/turn_json.hpp"
#include "micro/sample_turn.hpp"

namespace chatsync::bench {
namespace {

/// The entry's part that is sent with the turn.
void write_history_tail(benchmark::State& state) {
  const Turn turn = sample_turn();
  for (auto _ : state) benchmark::DoNotOptimize(history_entry_tail(turn));
}
BENCHMARK(write_history_tail);

/// One of the ten entries of a history that is read.
void read_history_entry(benchmark::State& state) {
  const Turn turn = sample_turn();
  const std::string entry = history_entry(turn);
  for (auto _ : state) {
    const auto read = parse_history_entry(turn.session_id, entry);
    if (!read) {
      state.SkipWithError("the entry cannot be read");
      return;
    }
    benchmark::DoNotOptimize(read->answer.data());
  }
}
BENCHMARK(read_history_entry);

/// A text of Vietnamese with a quotation mark and a line feed, of which not every byte can be copied as it
/// is.
void write_history_tail_of_vietnamese(benchmark::State& state) {
  Turn turn = sample_turn();
  turn.question = "Xin chào! Bạn có thể kể cho tôi nghe \"Truyện Kiều\"\nkhông?";
  turn.answer.clear();
  while (turn.answer.size() < 400) turn.answer += "Trăm năm trong cõi người ta, ";
  for (auto _ : state) benchmark::DoNotOptimize(history_entry_tail(turn));
}
BENCHMARK(write_history_tail_of_vietnamese);

}  // namespace
}  // namespace chatsync::bench

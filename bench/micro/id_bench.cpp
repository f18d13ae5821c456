#include <benchmark/benchmark.h>

#include "chat/ids.hpp"
#include "micro/sample_turn.hpp"

namespace chatsync::bench {
namespace {

void make_turn_id(benchmark::State& state) {
  IdGenerator ids(1);
  std::int64_t now_us = sample_turn().timestamp_us;
  for (auto _ : state) benchmark::DoNotOptimize(ids.uuid_v7(++now_us));
}
BENCHMARK(make_turn_id);

/// For a turn that another program wrote without an id.
void derive_turn_id(benchmark::State& state) {
  const Turn turn = sample_turn();
  for (auto _ : state) benchmark::DoNotOptimize(derived_turn_id(turn.session_id, turn.timestamp_us));
}
BENCHMARK(derive_turn_id);

}  // namespace
}  // namespace chatsync::bench

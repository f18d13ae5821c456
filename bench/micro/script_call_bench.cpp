#include <benchmark/benchmark.h>

#include <string>

#include "chat/turn_json.hpp"
#include "micro/sample_turn.hpp"
#include "redis/command_encoder.hpp"
#include "redis/key_space.hpp"
#include "redis/scripts.hpp"

namespace chatsync::bench {
namespace {

using redis::CommandEncoder;
using redis::KeySpace;

void encode_record_call(CommandEncoder& out, const Turn& turn) {
  const std::string prefix = KeySpace().prefix(turn.session_id);
  out.begin(3 + 5 + 12);
  out.argument("EVALSHA");
  out.argument(redis::scripts().record.sha1);
  out.argument(5);
  out.argument(prefix, KeySpace::kCount);
  out.argument(prefix, KeySpace::kHistory);
  out.argument(prefix, KeySpace::kPending);
  out.argument(prefix, KeySpace::kMeta);
  out.argument(KeySpace::kDirty);
  out.argument("0");
  out.argument(turn.timestamp_us);
  out.argument(prefix, KeySpace::kMessage);
  out.argument(turn.session_id);
  out.argument(KeySpace::kNewSessions);
  out.argument(turn.turn_id);
  out.argument(turn.user_id);
  out.argument(turn.question);
  out.argument(turn.answer);
  out.argument(to_string(turn.status));
  out.argument(turn.model);
  out.argument(history_entry_tail(turn));
}

/// Calls that record a turn each, so many in one write, with the arguments that the cache gives them.
void encode_script_call(benchmark::State& state) {
  const Turn turn = sample_turn();
  const std::int64_t calls = state.range(0);
  std::string bytes;
  CommandEncoder out(bytes);
  for (auto _ : state) {
    bytes.clear();
    out.reset_count();
    for (std::int64_t call = 0; call < calls; ++call) encode_record_call(out, turn);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * calls);
  state.counters["bytes_per_call"] = static_cast<double>(bytes.size()) / static_cast<double>(calls);
}
BENCHMARK(encode_script_call)->Arg(1)->Arg(64);

}  // namespace
}  // namespace chatsync::bench

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "redis/reply_matcher.hpp"

namespace chatsync::bench {
namespace {

/// The replies to so many recorded turns, which come in one read: matched to their requests, and read.
void match_replies(benchmark::State& state) {
  const std::int64_t calls = state.range(0);
  std::string replies;
  for (std::int64_t call = 0; call < calls; ++call) replies += "*2\r\n:7\r\n:1795443120123456\r\n";
  redis::ReplyMatcher matcher;
  std::string sent;
  std::int64_t answered = 0;
  for (auto _ : state) {
    for (std::int64_t call = 0; call < calls; ++call) {
      matcher.encoder().command({"PING"});
      matcher.add({}, [&answered](Result<redis::Replies> reply) {
        if (reply && reply->front()[0].integer_or(0) == 7) ++answered;
        if (reply) benchmark::DoNotOptimize(reply->front()[1].integer_or(0));
      });
    }
    matcher.take_output(sent);
    if (!matcher.feed(replies)) {
      state.SkipWithError("the replies were refused");
      return;
    }
  }
  if (answered != state.iterations() * calls) state.SkipWithError("a request was not answered");
  state.SetItemsProcessed(state.iterations() * calls);
}
BENCHMARK(match_replies)->Arg(1)->Arg(64);

}  // namespace
}  // namespace chatsync::bench

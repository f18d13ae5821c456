// What chatsync adds to a streamed answer: the time to its first token through chatsync, beside the same
// question put to the model server itself; and what an answer that is under way takes of memory.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <vector>

#include "load/process_use.hpp"
#include "run/rows.hpp"
#include "streams/stream_clients.hpp"
#include "streams/stream_upstream.hpp"

namespace chatsync::bench {
namespace {

using std::chrono::milliseconds;

test::Environment model_server(const StreamUpstream& upstream) {
  // As many at a time as any one thread gets.
  return {{"LLM_BASE_URL", upstream.base_url()}, {"LLM_MAX_CONCURRENCY", "100000"}};
}

/// Streams as a model writes them where there are several, each answer two seconds (quick: half a second);
/// else answers of one token, one after the other.
std::vector<Figure> first_token(Lab& lab, std::size_t streams) {
  const bool one = streams == 1;
  const Pace pace = one ? Pace{} : Pace{.tokens = lab.plan().quick ? 10 : 40, .pause = milliseconds(50)};
  const milliseconds answer = pace.pause * pace.tokens;
  StreamUpstream upstream(pace);
  const auto median_of = [&](std::uint16_t port) {
    const auto seconds = std::chrono::duration<double>(lab.plan().seconds);
    const auto duration = std::chrono::duration_cast<milliseconds>(seconds) + 2 * answer;
    return median(
        first_tokens_ms({.port = port, .streams = streams, .spread = answer, .duration = duration}));
  };
  Samples ours;
  Samples bare;
  const auto through_chatsync = [&] {
    const auto chatsync = lab.embedded(model_server(upstream));
    ours.push_back(median_of(chatsync->port()));
  };
  lab.interleave("streams", {through_chatsync, [&] { bare.push_back(median_of(upstream.port())); }},
                 lab.plan().quick ? 1 : 0);
  Samples added;
  std::ranges::transform(ours, bare, std::back_inserter(added), std::minus<>());
  return {{.what = fmt::format("first token, {} stream{}", text_of_number(static_cast<double>(streams)),
                               one ? "" : "s"),
           .unit = "ms",
           .ours = ours,
           .yardstick_name = "the model server itself",
           .yardstick = bare},
          {.what = "  added", .unit = "ms", .ours = added}};
}

Figure held_streams(Lab& lab) {
  const std::size_t held = lab.plan().quick ? 1'000 : 5'000;
  Figure figure{
      .what = fmt::format("memory of a streamed answer, {} held", text_of_number(static_cast<double>(held))),
      .unit = "kB"};
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2 * held + 200) {
    figure.skipped = fmt::format("only {} files may be open here (ulimit -n)", files.rlim_cur);
    return figure;
  }
  StreamUpstream upstream({.tokens = 2, .held = true});
  const auto chatsync = lab.embedded(model_server(upstream));
  const auto resident_kib = [&] { return static_cast<double>(process_use(chatsync->pid()).resident_kib); };
  chatsync->client().get("/healthz");
  const double before = resident_kib();
  double during = 0;
  first_tokens_ms({.port = chatsync->port(), .streams = held, .spread = milliseconds(held), .all_begun = [&] {
                     during = resident_kib();
                     upstream.release();
                   }});
  figure.ours.push_back((during - before) / static_cast<double>(held));
  figure.note = fmt::format("from {:.1f} to {:.1f} MB", before / 1'024, during / 1'024);
  return figure;
}

}  // namespace

std::vector<Figure> measure_streams(Lab& lab) {
  std::vector<Figure> figures = first_token(lab, 1);
  std::ranges::move(first_token(lab, 500), std::back_inserter(figures));
  figures.push_back(held_streams(lab));
  return figures;
}

}  // namespace chatsync::bench

// What a turn costs in sessions that have 100,000 turns, beside what it costs in sessions that have 10. The
// cost is CPU time, of chatsync and of Redis, since it varies less than rates do. Everything is drained
// before it is measured: what may grow is what stays. Takes of a second differ by a fifth, and go up and down
// together for some of them: many short ones in turn tell more than a few long ones.
#include <fmt/format.h>

#include <string>

#include "run/client_load.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {
namespace {

struct Sizes {
  int sessions;
  std::int64_t turns_before;  ///< Of each long session.
  std::int64_t measured;      ///< Turns of each take, all sessions together.
  int takes_of_a_round;
};

class LongAndShort {
 public:
  LongAndShort(const Lab& lab, const test::ChatsyncProcess& chatsync, std::vector<pid_t> watched)
      : lab_(lab),
        chatsync_(chatsync),
        watched_(std::move(watched)),
        sizes_(lab.plan().quick ? Sizes{2, 30'000, 10'000, 1} : Sizes{4, 100'000, 10'000, 5}) {
    ask("long-", sizes_.sessions * sizes_.turns_before);
    sync_now(chatsync_);
  }

  int takes() const { return sizes_.takes_of_a_round * lab_.plan().rounds; }
  void take_long() { long_us_.push_back(cost("long-")); }
  void take_short() {
    const std::string prefix = fmt::format("short-{}-", short_us_.size());
    ask(prefix, std::int64_t{10} * sizes_.sessions);
    sync_now(chatsync_);
    short_us_.push_back(cost(prefix));
  }

  Figure figure(const std::string& where) const {
    return {.what = fmt::format("a turn of a session of {} turns, {}",
                                text_of_number(static_cast<double>(sizes_.turns_before)), where),
            .unit = "µs CPU",
            .ours = long_us_,
            .yardstick_name = "of 10 turns",
            .yardstick = short_us_,
            .target = Target{Of::ratio, Sense::at_most, 1.05}};
  }

 private:
  LoadFigures ask(const std::string& prefix, std::int64_t turns) {
    return ClientLoad::run(lab_.plan(), {.port = chatsync_.port(),
                                         .connections = 16,
                                         .requests = turns,
                                         .sessions = sizes_.sessions,
                                         .session_prefix = prefix,
                                         .watched = watched_});
  }
  double cost(const std::string& prefix) {
    const LoadFigures figures = ask(prefix, sizes_.measured);
    sync_now(chatsync_);
    double sum_us = 0;
    for (std::size_t i = 0; i < watched_.size(); ++i) sum_us += figures.cpu_us(i);
    return sum_us;
  }

  const Lab& lab_;
  const test::ChatsyncProcess& chatsync_;
  std::vector<pid_t> watched_;
  Sizes sizes_;
  Samples long_us_;
  Samples short_us_;
};

Figure measure_on(const Lab& lab, const std::string& where, const test::ChatsyncProcess& chatsync,
                  std::vector<pid_t> watched) {
  LongAndShort turns(lab, chatsync, std::move(watched));
  lab.interleave("session-length, " + where, {[&] { turns.take_long(); }, [&] { turns.take_short(); }},
                 turns.takes());
  return turns.figure(where);
}

}  // namespace

std::vector<Figure> measure_session_length(Lab& lab) {
  std::vector<Figure> figures;
  {
    const Stack stack = lab.stack(without_drains());
    figures.push_back(
        measure_on(lab, "Redis", *stack.chatsync, {stack.chatsync->pid(), stack.redis_process()}));
  }
  const auto chatsync = lab.embedded(without_drains());
  figures.push_back(measure_on(lab, "embedded", *chatsync, {chatsync->pid()}));
  return figures;
}

}  // namespace chatsync::bench

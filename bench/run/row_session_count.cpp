// What a turn and its drain cost when there are a million sessions, beside what they cost when there are a
// thousand. A thousand are active in both cases. chatsync records one turn of a model session and drains it;
// all others are copies of what is then in Redis and in the database. What a turn costs with which one of the
// idle ones comes to life is shown too: it is the dearer one, of a session that nothing is known of and that
// is to expire.
//
// Drains are measured by the CPU time of all processes while one drain in the background follows the other:
// these walk over the sessions that have something to sync. /sync_now, being a barrier for turns of other
// programs too, looks through all keys, and takes the longer the more there are.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "run/client_load.hpp"
#include "run/progress.hpp"
#include "run/rows.hpp"
#include "run/yardstick.hpp"

namespace chatsync::bench {
namespace {

constexpr int kActive = 1'000;
constexpr std::int64_t kFirstTurns = 10'000;  ///< Of the active ones, before they are measured.
constexpr const char* kPrefix = "idle-";
constexpr double kDrainedRate = 5'000;  ///< Turns a second that are drained at ease.

// COPY takes the time to live along.
constexpr const char* kCopyKeys = R"(
for i = ARGV[1], ARGV[2] do
  for _, part in ipairs({'count', 'history', 'meta'}) do
    redis.call('COPY', 'session:model:' .. part, 'session:idle-' .. i .. ':' .. part)
  end
end)";

void copy_keys(const test::RedisServer& redis, int sessions) {
  test::RespClient client = redis.client();
  constexpr int kAtOnce = 10'000;
  for (int first = 0; first < sessions; first += kAtOnce) {
    const int last = std::min(first + kAtOnce, sessions) - 1;
    client.command({"EVAL", kCopyKeys, "0", std::to_string(first), std::to_string(last)});
  }
}

void copy_rows(test::MariaDbServer& mariadb, const Database& database, int sessions) {
  test::MySqlClient client = mariadb.client(database.name());
  const std::string numbers = fmt::format("seq_0_to_{}", sessions - 1);
  client.query(
      "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at) "
      "SELECT CONCAT('idle-', seq), user_id, title, question_count, created_at, updated_at FROM " +
      numbers + ", chat_sessions WHERE session_id = 'model'");
  client.query(
      "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, model) "
      "SELECT CONCAT('idle-', n.seq), ts, CONCAT('idle-', n.seq), m.seq, user_id, question, answer, status, "
      "model FROM " +
      numbers + " AS n, chat_messages AS m WHERE session_id = 'model'");
}

class Crowd {
 public:
  Crowd(Lab& lab, int sessions) : lab_(lab), sessions_(sessions), stack_(lab.stack(without_drains())) {
    show_progress(fmt::format("session-count: makes {} sessions", sessions));
    stack_.chatsync->client().post("/chat",
                                   {{"session_id", "model"}, {"message", std::string(kQuestionBytes, 'q')}});
    sync_now(*stack_.chatsync);
    copy_keys(*stack_.redis, sessions);
    copy_rows(lab.mariadb(), stack_.database, sessions);
  }

  void take() {
    // Another process has recorded in the sessions since they were measured last.
    ClientLoad::run(lab_.plan(), load_on(*stack_.chatsync, kFirstTurns));
    const LoadFigures figures =
        ClientLoad::run(lab_.plan(), load_on(*stack_.chatsync, lab_.plan().quick ? 20'000 : 200'000));
    turn_us.push_back(figures.cpu_us(0) + figures.cpu_us(1));
    redis_us.push_back(figures.cpu_us(1));
    sync_now(*stack_.chatsync);
    Samples empty_ms;
    for (int i = 0; i < 3; ++i) empty_ms.push_back(1e3 * sync_now(*stack_.chatsync).seconds);
    barrier_ms.push_back(median(empty_ms));
    take_with_drains();
  }

  /// A turn of each of a tenth of the idle sessions, of other ones in each round.
  void take_idle() {
    LoadRequest load = load_on(*stack_.chatsync, sessions_ / 10);
    load.sessions = sessions_ / 10;
    load.session_prefix += std::to_string(1 + idle_us.size() % 9);
    const LoadFigures figures = ClientLoad::run(lab_.plan(), load);
    idle_us.push_back(figures.cpu_us(0) + figures.cpu_us(1));
    sync_now(*stack_.chatsync);
  }

  Samples turn_us;
  Samples redis_us;  ///< Of that.
  Samples idle_us;
  Samples drained_us;
  Samples store_us;
  Samples barrier_ms;

 private:
  void take_with_drains() {
    const auto draining = lab_.serve_again(stack_, with_drains_all_the_time());
    LoadRequest load = load_on(*draining, 0);
    load.rate = kDrainedRate;
    load.watched.push_back(process_of(lab_.mariadb()));
    const LoadFigures figures = ClientLoad::run(lab_.plan(), load);
    drained_us.push_back(figures.cpu_us(0) + figures.cpu_us(1) + figures.cpu_us(2));
    store_us.push_back(figures.cpu_us(2));
    draining->stop();
  }

  LoadRequest load_on(const test::ChatsyncProcess& chatsync, std::int64_t turns) const {
    return {.port = chatsync.port(),
            .requests = turns,
            .sessions = kActive,
            .session_prefix = kPrefix,
            .watched = {chatsync.pid(), stack_.redis_process()}};
  }

  Lab& lab_;
  const int sessions_;
  Stack stack_;
};

}  // namespace

std::vector<Figure> measure_session_count(Lab& lab) {
  const int many = lab.plan().quick ? 50'000 : 1'000'000;
  Crowd small(lab, kActive);
  Crowd large(lab, many);
  lab.interleave("session-count", {[&] { large.take(); }, [&] { small.take(); }, [&] { large.take_idle(); }});
  const auto figure = [&](const std::string& what, const char* unit, const Samples& ours,
                          const Samples& yardstick) {
    return Figure{.what = what,
                  .unit = unit,
                  .ours = ours,
                  .yardstick_name = "among 1,000",
                  .yardstick = yardstick,
                  .target = Target{Of::ratio, Sense::at_most, 1.2}};
  };
  const std::string among = fmt::format("a turn among {} sessions", text_of_number(many));
  Figure of_store = figure("    of that MariaDB", "µs CPU", large.store_us, small.store_us);
  of_store.target.reset();
  Figure barrier = figure("  /sync_now of nothing", "ms", large.barrier_ms, small.barrier_ms);
  barrier.target.reset();
  barrier.note = "looks through all keys for other programs' turns";
  Figure of_idle = figure("  with which an idle one comes to life", "µs CPU", large.idle_us, small.turn_us);
  of_idle.yardstick_name = "of an active one among 1,000";
  of_idle.target.reset();
  Figure of_redis = figure("    of that Redis", "µs CPU", large.redis_us, small.redis_us);
  of_redis.target.reset();
  return {figure(among, "µs CPU", large.turn_us, small.turn_us),
          of_redis,
          of_idle,
          figure("  drained all the time, with MariaDB", "µs CPU", large.drained_us, small.drained_us),
          of_store,
          barrier};
}

}  // namespace chatsync::bench

// Under load: the server killed in the middle, two instances on one session, and clients that hang up.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

/// Every acknowledged turn stands in the store once under its id and with its number; what else is there was
/// in flight; each session's numbers are 1 … n, and its count is n.
void expect_exactly(const World& world, const LoadOutcome& load) {
  std::map<std::string, std::string> stored;
  for (const SqlRow& row : world.rows("SELECT turn_id, session_id, seq, question FROM chat_messages")) {
    const std::string identity = fmt::format("{} {} {}", row[1].value(), row[2].value(), row[3].value());
    EXPECT_TRUE(stored.emplace(row[0].value(), identity).second);
  }
  std::set<std::string> acknowledged_ids;
  for (const AcknowledgedTurn& turn : load.acknowledged) {
    EXPECT_TRUE(acknowledged_ids.insert(turn.turn_id).second) << "acknowledged twice: " << turn.turn_id;
    const auto row = stored.find(turn.turn_id);
    ASSERT_NE(row, stored.end()) << "lost: " << turn.question;
    EXPECT_EQ(row->second, fmt::format("{} {} {}", turn.session_id, turn.question_count, turn.question));
  }
  const std::set<std::string> unanswered(load.unanswered.begin(), load.unanswered.end());
  EXPECT_LE(stored.size(), load.acknowledged.size() + unanswered.size());
  for (const SqlRow& row : world.rows("SELECT turn_id, question FROM chat_messages")) {
    if (!acknowledged_ids.contains(row[0].value()))
      EXPECT_TRUE(unanswered.contains(row[1].value())) << *row[1];
  }
  for (const SqlRow& row : world.rows("SELECT session_id, question_count FROM chat_sessions")) {
    EXPECT_EQ(stored_seqs(world, row[0].value()), one_to(std::stoll(row[1].value()))) << *row[0];
  }
  EXPECT_EQ(world.integer("SELECT count(*) FROM dead_letters"), 0);
}

class KilledServer : public ::testing::TestWithParam<Combination> {};

TEST_P(KilledServer, LosesNoAcknowledgedTurnAndStoresEachOnce) {
  const World world(GetParam());
  // Drains run all the time, so that the kill finds one under way.
  const auto server = world.start({{"SYNC_WATERMARK", "50"}, {"SYNC_BATCH_TURNS", "40"}});
  // The clients go on until the kill, which comes in the middle of what 4 sessions of 1,000 turns would be.
  ChatLoad load({.ports = {server->port()}, .sessions = {"a", "b", "c", "d"}, .turns_per_client = 1'000'000});
  const auto middle = static_cast<std::size_t>(scaled(2'000));
  EXPECT_TRUE(eventually([&] { return load.acknowledged_so_far() > middle; }));
  server->kill9();
  const LoadOutcome outcome = load.join();
  EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong.front();

  server->start_again();
  HttpClient client = server->client();
  sync_now(client);
  expect_exactly(world, outcome);
  for (const char* session : {"a", "b", "c", "d"}) {
    const boost::json::object stats = get_json(client, fmt::format("/sessions/{}/stats", session));
    EXPECT_EQ(stats.at("pending"), 0);
    EXPECT_EQ(stats.at("question_count"), stats.at("synced"));
    EXPECT_EQ(stats.at("question_count"), stats.at("question_count_store"));
  }
}

TEST_P(KilledServer, IsKilledAgainAndAgain) {
  const World world(GetParam());
  const auto server = world.start({{"SYNC_WATERMARK", "20"}, {"SYNC_BATCH_TURNS", "15"}});
  LoadOutcome all;
  for (int round = 0; round < 4; ++round) {
    ChatLoad load({.ports = {server->port()},
                   .sessions = {"a", "b"},
                   .turns_per_client = 1'000'000,
                   .tag = fmt::format("round {}", round)});
    const auto enough = static_cast<std::size_t>(scaled(300)) + static_cast<std::size_t>(round) * 37;
    EXPECT_TRUE(eventually([&] { return load.acknowledged_so_far() > enough; }));
    server->kill9();
    LoadOutcome outcome = load.join();
    EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong.front();
    std::ranges::move(outcome.acknowledged, std::back_inserter(all.acknowledged));
    std::ranges::move(outcome.unanswered, std::back_inserter(all.unanswered));
    server->start_again();
  }
  HttpClient client = server->client();
  sync_now(client);
  expect_exactly(world, all);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, KilledServer, every_combination(), combination_name);

TEST(TwoInstances, LoseNoTurnOfOneSession) {
  constexpr int kClients = 8;
  constexpr int kTurnsEach = scaled(800);
  constexpr std::int64_t kTurns = std::int64_t{kClients} * kTurnsEach;
  const World world(kRedisAndMySql);
  const Environment more{{"SYNC_WATERMARK", "300"}, {"HTTP_THREADS", "2"}};
  const auto one = world.start(more);
  const auto other = world.start(more);
  ChatLoad load({.ports = {one->port(), other->port()},
                 .sessions = {"shared"},
                 .clients = kClients,
                 .turns_per_client = kTurnsEach});
  const LoadOutcome outcome = load.join();
  EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong.front();
  EXPECT_EQ(outcome.acknowledged.size(), static_cast<std::size_t>(kTurns));
  HttpClient client = one->client();
  sync_now(client);
  expect_exactly(world, outcome);
  EXPECT_EQ(stored_seqs(world, "shared"), one_to(kTurns));
  HttpClient client_of_other = other->client();
  EXPECT_EQ(get_json(client_of_other, "/sessions/shared").at("question_count"), kTurns);
}

TEST(TwoInstances, ReadTheSame) {
  const World world(kRedisAndMySql);
  const auto one = world.start();
  const auto other = world.start();
  HttpClient client_of_one = one->client();
  HttpClient client_of_other = other->client();
  for (int number = 1; number <= 12; ++number) {
    HttpClient& client = number % 2 == 0 ? client_of_one : client_of_other;
    EXPECT_EQ(chat(client, "s", fmt::format("question {}", number)).at("question_count"), number);
    if (number == 6) sync_now(client_of_other);
  }
  const std::string target = "/sessions/s/messages?limit=200";
  EXPECT_EQ(get_json(client_of_one, target), get_json(client_of_other, target));
}

/// One client that goes away: at once, after half a reply, or in order.
void hang_up(std::uint16_t port, int number, const std::string& long_text) {
  HttpClient client(port);
  // Long ones, whose replies are under way for a while, but not so many that Redis falls behind.
  const bool large = number % 40 == 0;
  const std::string body = fmt::format(R"({{"session_id":"gone-{}","message":"{} {}"}})", number % 50, number,
                                       large ? long_text : "hello");
  client.send(
      fmt::format("POST /chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Content-Length: {}\r\n\r\n{}",
                  body.size(), body));
  if (number % 3 == 0) client.half_close();
  if (number % 3 != 1) client.abort();
}

TEST(ClientsThatHangUp, NeverMakeAnybodySeeAnothersReply) {
  const World world({.redis = true, .mysql = false});
  const auto server = world.start({{"SYNC_WATERMARK", "500"}, {"HTTP_THREADS", "2"}});
  const int hang_ups = scaled(10'000);
  const std::string long_text(200'000, 'x');
  std::atomic<int> hung_up = 0;
  ChatLoad watchers({.ports = {server->port()},
                     .sessions = {"w1", "w2", "w3", "w4"},
                     .clients = 4,
                     .turns_per_client = scaled(2'000)});
  {
    std::vector<std::jthread> leavers;
    for (int leaver = 0; leaver < 4; ++leaver) {
      leavers.emplace_back([&, leaver] {
        for (int number = leaver; number < hang_ups; number += 4) {
          try {
            hang_up(server->port(), number, long_text);
            ++hung_up;
          } catch (const std::runtime_error& failure) {
            ADD_FAILURE() << failure.what();
            return;
          }
        }
      });
    }
  }
  EXPECT_EQ(hung_up, hang_ups);
  const LoadOutcome outcome = watchers.join();
  EXPECT_TRUE(outcome.wrong.empty()) << outcome.wrong.front();
  EXPECT_TRUE(outcome.unanswered.empty());
  EXPECT_EQ(outcome.acknowledged.size(), static_cast<std::size_t>(4 * scaled(2'000)));
  // The texts of a reply come from its own request; the count is what Redis said, perhaps to somebody else.
  std::map<std::string, std::vector<std::int64_t>> counts;
  for (const AcknowledgedTurn& turn : outcome.acknowledged)
    counts[turn.session_id].push_back(turn.question_count);
  for (const auto& [session, told] : counts) EXPECT_EQ(told, one_to(scaled(2'000))) << session;

  HttpClient client = server->client();
  sync_now(client);
  for (const char* session : {"w1", "w2", "w3", "w4"}) {
    EXPECT_EQ(stored_seqs(world, session), one_to(scaled(2'000)));
  }
  EXPECT_EQ(world.integer("SELECT count(*) - count(DISTINCT question) FROM chat_messages"), 0);
  EXPECT_EQ(server->stop(), 0) << server->standard_error();
}

}  // namespace
}  // namespace chatsync::test

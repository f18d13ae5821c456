// Restart, eviction and shutdown.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <regex>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

class Lifecycle : public ::testing::TestWithParam<Combination> {
 protected:
  World world_{GetParam()};
};

TEST_P(Lifecycle, CountsAndHistoryGoOnAfterARestart) {
  const auto server = world_.start();
  {
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 7);
    sync_now(client);
    chat_numbers(client, "s", 8, 13);
  }
  EXPECT_EQ(server->stop(), 0) << server->standard_error();
  server->start_again();
  HttpClient client = server->client();
  EXPECT_EQ(chat(client, "s", "question 14").at("question_count"), 14);
  EXPECT_EQ(get_json(client, "/sessions/s/stats").at("history_length"), 10);
  sync_now(client);
  EXPECT_EQ(stored_seqs(world_, "s"), one_to(14));
}

TEST_P(Lifecycle, ShutdownDrainsTheBacklog) {
  const auto server = world_.start();
  {
    HttpClient client = server->client();
    for (const char* session : {"a", "b", "c"}) chat_numbers(client, session, 1, 40);
  }
  EXPECT_EQ(server->stop(SIGTERM), 0) << server->standard_error();
  for (const char* session : {"a", "b", "c"}) EXPECT_EQ(stored_seqs(world_, session), one_to(40));
}

TEST_P(Lifecycle, TurnsAreSyncedInTheBackground) {
  const auto server = world_.start({{"SYNC_INTERVAL", "1"}});
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 5);
  EXPECT_TRUE(eventually([&] { return get_json(client, "/sessions/s/stats").at("pending") == 0; }));
  EXPECT_EQ(get_json(client, "/sessions/s/stats").at("synced"), 5);
}

TEST_P(Lifecycle, TurnsAreSyncedEarlyWhenManyWait) {
  const auto server = world_.start({{"SYNC_WATERMARK", "20"}});
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 20);
  EXPECT_TRUE(eventually([&] { return get_json(client, "/sessions/s/stats").at("synced") == 20; }));
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Lifecycle, every_combination(), combination_name);

TEST(Shutdown, SigintEndsInOrderToo) {
  const World world(kNothingInstalled);
  const auto server = world.start();
  {
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 3);
  }
  EXPECT_EQ(server->stop(SIGINT), 0) << server->standard_error();
  EXPECT_EQ(stored_seqs(world, "s"), one_to(3));
}

TEST(Shutdown, SignalsCountFromTheStartLineOn) {
  for (int start = 0; start < scaled(40); ++start) {
    const World world(kNothingInstalled);
    ChatsyncProcess server({.environment = world.environment()});
    server.await_start_line();
    ASSERT_EQ(server.stop(SIGINT), 0) << server.standard_error();
  }
}

TEST(Shutdown, AnswersWhatIsInFlight) {
  const World world(kNothingInstalled);
  const auto server = world.start();
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 1);
  const std::string body = R"({"session_id":"s","message":"late"})";
  // Half of a request is in the server when it is told to stop; the other half follows.
  client.send(
      fmt::format("POST /chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                  "{}\r\nExpect: 100-continue\r\n\r\n",
                  body.size()));
  EXPECT_EQ(client.read_response().status, 100);
  server->signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return server->standard_error().find("stopping") != std::string::npos; }));
  client.send(body);
  const HttpResponse response = client.read_response();
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(server->wait(), 0) << server->standard_error();
  EXPECT_EQ(stored_seqs(world, "s"), one_to(2));
}

TEST(Shutdown, TakesNoNewConnections) {
  const World world(kNothingInstalled);
  const auto server = world.start({{"SHUTDOWN_TIMEOUT", "20"}});
  HttpClient holding = server->client();
  holding.send("POST /chat HTTP/1.1\r\nHost: x\r\n");
  chat_numbers(*std::make_unique<HttpClient>(server->port()), "s", 1, 1);
  server->signal(SIGTERM);
  EXPECT_TRUE(eventually([&] {
    try {
      HttpClient late(server->port());
      return late.closed_by_server();
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  holding.abort();
  EXPECT_EQ(server->wait(), 0) << server->standard_error();
}

TEST(Shutdown, SaysHowManyTurnsRemainWhenTheStoreIsDownAndTheNextStartSyncsThem) {
  World world({.redis = true, .mysql = true});
  const auto server = world.start({{"SHUTDOWN_TIMEOUT", "10"}, {"MYSQL_TIMEOUT", "2"}});
  {
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 17);
    world.mariadb().kill9();
    EXPECT_EQ(chat(client, "s", "question 18").at("question_count"), 18);
  }
  EXPECT_EQ(server->stop(), 1);
  EXPECT_TRUE(std::regex_search(server->standard_error(), std::regex(R"(\b18 turns remain)")))
      << server->standard_error();
  world.mariadb().start();
  server->start_again();
  HttpClient client = server->client();
  sync_now(client);
  EXPECT_EQ(stored_seqs(world, "s"), one_to(18));
}

TEST(Shutdown, EndsInTimeWhenTheStoreHangs) {
  World world({.redis = false, .mysql = true});
  const auto server = world.start({{"SHUTDOWN_TIMEOUT", "4"}, {"MYSQL_TIMEOUT", "60"}});
  {
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 3);
  }
  world.mariadb().freeze();
  server->signal(SIGTERM);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(server->wait(), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  EXPECT_TRUE(std::regex_search(server->standard_error(), std::regex(R"(\b3 turns remain)")))
      << server->standard_error();
  world.mariadb().thaw();
  server->start_again();
  HttpClient client = server->client();
  sync_now(client);
  EXPECT_EQ(stored_seqs(world, "s"), one_to(3));
}

TEST(Shutdown, ASecondSignalEndsItAtOnce) {
  World world({.redis = false, .mysql = true});
  const auto server = world.start({{"SHUTDOWN_TIMEOUT", "600"}, {"MYSQL_TIMEOUT", "600"}});
  {
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 3);
  }
  world.mariadb().freeze();
  server->signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return server->standard_error().find("stopping") != std::string::npos; }));
  EXPECT_TRUE(server->running());
  EXPECT_NE(server->stop(SIGTERM), 0);
}

TEST(Eviction, CountsAndHistoryGoOnFromTheStore) {
  World world({.redis = true, .mysql = true});
  const auto server = world.start();
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 13);
  sync_now(client);
  world.redis().client().command({"FLUSHALL"});
  EXPECT_EQ(get_json(client, "/sessions/s").at("question_count"), 13);
  EXPECT_EQ(chat(client, "s", "question 14").at("question_count"), 14);
  EXPECT_EQ(world.redis().client().integer({"LLEN", "session:s:history"}), 10);
  EXPECT_EQ(get_json(client, "/sessions/s/messages").at("messages").as_array().size(), 14);
  EXPECT_EQ(sync_now(client), 1);
  EXPECT_EQ(stored_seqs(world, "s"), one_to(14));
}

TEST(Outage, TurnsAreTakenWhileTheStoreIsDownAndSyncedWhenItIsBack) {
  World world({.redis = true, .mysql = true});
  const auto server = world.start({{"MYSQL_TIMEOUT", "2"}});
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 3);
  world.mariadb().kill9();
  chat_numbers(client, "s", 4, 5);
  const HttpResponse failed = client.get("/sync_now");
  EXPECT_EQ(failed.status, 503) << failed.body;
  EXPECT_FALSE(failed.header("retry-after").empty());
  EXPECT_EQ(failed.json().at("error").at("code"), "sync_failed");
  EXPECT_EQ(failed.json().at("error").at("pending"), 5);
  const boost::json::object ready = get_json(client, "/readyz");
  EXPECT_EQ(ready.at("status"), "degraded");
  EXPECT_EQ(ready.at("store").at("status"), "down");

  world.mariadb().start();
  // The synchroniser tries again by itself, too.
  EXPECT_LE(sync_now(client), 5);
  EXPECT_EQ(stored_seqs(world, "s"), one_to(5));
}

TEST(Outage, TheStoreTakesTurnsWhileTheCacheIsDown) {
  World world({.redis = true, .mysql = false});
  const auto server = world.start({{"REDIS_TIMEOUT", "2"}});
  HttpClient client = server->client();
  chat_numbers(client, "s", 1, 2);
  world.redis().stop();
  const HttpResponse taken = client.post("/chat", {{"session_id", "s"}, {"message", "question 3"}});
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_EQ(taken.json().at("durability"), "synced");
  EXPECT_TRUE(taken.json().at("question_count_provisional").as_bool());
  EXPECT_EQ(client.get("/readyz").status, 200);
  EXPECT_EQ(client.get("/readyz").json().at("status"), "degraded");
  world.redis().start();
  // The synchroniser has a connection of its own, which comes back in its own time.
  EXPECT_TRUE(eventually([&] { return client.get("/sync_now").status == 200; }));
  EXPECT_EQ(stored_seqs(world, "s"), one_to(3));
}

}  // namespace
}  // namespace chatsync::test

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

constexpr const char* kKey = "a-key-of-the-first-team";
constexpr const char* kShown = "Authorization: Bearer a-key-of-the-first-team\r\n";

class KeysTest : public ::testing::Test {
 protected:
  /// The server asks for keys; it does not tell a stranger when its first drain is over.
  std::unique_ptr<ChatsyncProcess> start(Environment more) {
    auto server = std::make_unique<ChatsyncProcess>(
        ChatsyncProcess::Options{.environment = world.environment(std::move(more))});
    server->await_start_line();
    return server;
  }

  CommandOutcome test_cache(const ChatsyncProcess& server, Environment environment) {
    return run_command({.program = TEST_CACHE_BINARY,
                        .arguments = {"--messages", "2", "--delay", "0", "--sync", "--url",
                                      "http://127.0.0.1:" + std::to_string(server.port())},
                        .environment = std::move(environment)},
                       kPatience);
  }

  World world{kNothingInstalled};
};

TEST_F(KeysTest, LetsInWhoShowsOne) {
  const auto server = start({{"API_KEYS", kKey}});
  HttpClient client = server->client();
  const std::string question = R"({"message":"hello","session_id":"s"})";
  EXPECT_EQ(client.request("POST", "/chat", question, kShown).status, 200);
  EXPECT_EQ(client.get("/healthz").status, 200);

  const HttpResponse refused = client.get("/sessions/s");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("www-authenticate"), "Bearer realm=\"chatsync\"");
  EXPECT_EQ(refused.json().at("error").at("code"), "missing_api_key");
  EXPECT_EQ(refused.json().at("error").at("type"), "invalid_request_error");
}

TEST_F(KeysTest, DoesNotReadTheBodyOfAStranger) {
  const auto server = start({{"API_KEYS", kKey}});
  HttpClient client = server->client();
  client.send(
      "POST /chat HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer another-key-of-nobody\r\n"
      "Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n{");
  const HttpResponse refused = client.read_response();
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.json().at("error").at("code"), "invalid_api_key");
  EXPECT_EQ(refused.header("connection"), "close");
}

TEST_F(KeysTest, AreReadFromAFile) {
  write_file(world / "keys", std::string("# first team\n") + kKey + "\n");
  const auto server = start({{"API_KEYS_FILE", (world / "keys").string()}});
  EXPECT_EQ(server->client().request("GET", "/readyz", {}, kShown).status, 200);
  EXPECT_EQ(server->client().get("/readyz").status, 401);
}

TEST_F(KeysTest, AreShownByTheTester) {
  const auto server = start({{"API_KEYS", kKey}});
  const CommandOutcome known = test_cache(*server, {{"CHATSYNC_API_KEY", kKey}});
  EXPECT_EQ(known.status, 0) << known.standard_output << known.standard_error;
  const CommandOutcome stranger = test_cache(*server, {});
  EXPECT_NE(stranger.status, 0);
}

TEST_F(KeysTest, AreNeverShown) {
  const auto server = start({{"API_KEYS", kKey}, {"LOG_LEVEL", "debug"}});
  server->client().request("GET", "/readyz", {}, kShown);
  server->client().request("GET", "/readyz", {}, "Authorization: Bearer another-key-of-nobody\r\n");
  server->stop();
  const std::string said = server->standard_output() + server->standard_error();
  EXPECT_EQ(said.find(kKey), std::string::npos);
  EXPECT_EQ(said.find("another-key"), std::string::npos);
}

TEST_F(KeysTest, MustBeThereWhereOthersCanReachTheServer) {
  const CommandOutcome open = run_chatsync({.environment = {{"HTTP_HOST", "0.0.0.0"}}});
  EXPECT_EQ(open.status, 2);
  EXPECT_EQ(
      open.standard_error,
      "chatsync: HTTP_HOST (environment) is '0.0.0.0', where others reach it, and there are no keys: set "
      "API_KEYS or API_KEYS_FILE, or listen on 127.0.0.1\n");
}

TEST_F(KeysTest, AreRefusedAtTheStartWhereTheyAreNone) {
  write_file(world / "empty", "# nobody\n");
  for (const Environment& environment :
       {Environment{{"API_KEYS", "short"}}, Environment{{"API_KEYS_FILE", (world / "missing").string()}},
        Environment{{"API_KEYS_FILE", (world / "empty").string()}}}) {
    const CommandOutcome outcome = run_chatsync({.environment = environment});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.standard_error.find("API_KEYS"), std::string::npos) << outcome.standard_error;
    EXPECT_EQ(outcome.standard_error.find("short"), std::string::npos);
  }
}

}  // namespace
}  // namespace chatsync::test

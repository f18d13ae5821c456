// The exact rows in MySQL, and texts byte for byte on the whole way.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "end_to_end/world.hpp"

namespace chatsync::test {
namespace {

namespace json = boost::json;

std::vector<std::string> awkward_messages() {
  std::string controls;
  for (int c = 0; c < 128; ++c) controls += static_cast<char>(c);
  std::string megabyte;
  while (megabyte.size() < (std::size_t{1} << 20)) megabyte += "Tiếng Việt 漢字 😀 ";
  return {" leading and trailing ",
          controls,
          std::string("\0", 1),
          "quotes ' \" ` backslashes \\ \\\\ \\n \\0 %s ? :x {}",
          "e\u0301 is not \u00e9",
          "😀🚀 👩‍👩‍👧‍👦 \U0010FFFF",
          "\uFEFF\uFFFE\uFFFF\u2028\u202E",
          "'; DROP TABLE chat_messages; --",
          megabyte};
}

class Rows : public ::testing::TestWithParam<Combination> {
 protected:
  World world_{GetParam()};
};

TEST_P(Rows, TextsComeBackByteForByteFromCacheAndStore) {
  const auto server = world_.start();
  HttpClient client = server->client();
  const std::vector<std::string> texts = awkward_messages();
  for (const std::string& text : texts) {
    EXPECT_EQ(chat(client, "s", text).at("answer"), json::value("Echo: " + text));
  }
  const auto expect_messages = [&] {
    const json::array messages = get_json(client, "/sessions/s/messages").at("messages").as_array();
    ASSERT_EQ(messages.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_TRUE(messages[i].at("question").as_string() == texts[i]) << "text " << i;
      EXPECT_TRUE(messages[i].at("answer").as_string() == "Echo: " + texts[i]) << "text " << i;
    }
  };
  expect_messages();
  EXPECT_EQ(sync_now(client), texts.size());
  expect_messages();
  const std::vector<std::string> stored = world_.column("SELECT question FROM chat_messages ORDER BY ts");
  ASSERT_EQ(stored.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_TRUE(stored[i] == texts[i]) << "text " << i;
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Rows, every_combination(), combination_name);

TEST(MySqlRows, HoldTheTurnAndItsSessionExactly) {
  const World world(kRedisAndMySql);
  const auto server = world.start();
  HttpClient client = server->client();
  client.post("/sessions", {{"session_id", "s"}, {"user_id", "ann"}, {"title", "Tiêu đề 😀"}});
  const json::value reply =
      client.post("/chat", {{"session_id", "s"}, {"user_id", "bob"}, {"message", "Xin chào"}}).json();
  const json::value message = get_json(client, "/sessions/s/messages").at("messages").at(0);
  const std::int64_t timestamp = message.at("timestamp").as_int64();
  sync_now(client);

  const std::vector<SqlRow> turn{{"s", std::to_string(timestamp),
                                  std::string(reply.at("turn_id").as_string()), "1", "bob", "Xin chào",
                                  "Echo: Xin chào", "complete", "echo"}};
  EXPECT_EQ(world.rows("SELECT session_id, ts, turn_id, seq, user_id, question, answer, status, model "
                       "FROM chat_messages"),
            turn);
  const std::vector<SqlRow> session{{"s", "ann", "Tiêu đề 😀", "1", std::to_string(timestamp)}};
  EXPECT_EQ(world.rows("SELECT session_id, user_id, title, question_count, "
                       "CAST(UNIX_TIMESTAMP(updated_at) * 1000000 AS UNSIGNED) FROM chat_sessions"),
            session);
  EXPECT_EQ(world.integer("SELECT max(version) FROM schema_version"), 5);
  EXPECT_EQ(world.integer("SELECT count(*) FROM dead_letters"), 0);
}

}  // namespace
}  // namespace chatsync::test

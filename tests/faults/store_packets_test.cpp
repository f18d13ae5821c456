// A server of MySQL that takes small packets only.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "faults/fault_checks.hpp"

namespace chatsync::test {
namespace {

constexpr std::size_t kPacketBytes = 65'536;

class StorePackets : public ::testing::Test {
 protected:
  StorePackets() {
    world_.mariadb().client().query(fmt::format("SET GLOBAL max_allowed_packet = {}", kPacketBytes));
    server_ = world_.start();
    client_.emplace(server_->client());
  }

  World world_{kRedisAndMySql};
  std::unique_ptr<ChatsyncProcess> server_;
  std::optional<HttpClient> client_;
};

TEST_F(StorePackets, ABatchOfManyPacketsIsSplit) {
  std::vector<Call> calls;
  for (int turn = 0; turn < 40; ++turn) {
    for (const char* session : {"a", "b"}) {
      // Quotes are doubled on their way; question and answer together are a sixth of a packet.
      const std::string question = fmt::format("{} {}", turn, std::string(5'000, '\''));
      calls.push_back(ask_ok(*client_, session, question));
    }
  }
  EXPECT_EQ(sync_now(*client_), 80);
  expect_as_told(world_, *server_, calls);
}

TEST_F(StorePackets, ATextThatNoPacketHoldsBecomesADeadLetterAndItsSessionGoesOn) {
  const std::string large(kPacketBytes + 1, 'x');
  ask_ok(*client_, "s", "before");
  for (int turn = 0; turn < 20; ++turn) {
    ask_ok(*client_, "other", fmt::format("question {}", turn));
  }
  ask_ok(*client_, "s", large);
  ask_ok(*client_, "s", "after");

  const boost::json::object drained = get_json(*client_, "/sync_now");
  EXPECT_EQ(drained.at("synced"), 22);
  EXPECT_EQ(drained.at("dead_lettered"), 1);
  EXPECT_EQ(stored_seqs(world_, "s"), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(stored_seqs(world_, "other"), one_to(20));

  std::string payload;
  for (const SqlRow& part : world_.rows("SELECT session_id, error_code, reason, payload FROM dead_letters "
                                        "ORDER BY fingerprint, part")) {
    EXPECT_EQ(part[0], "s");
    EXPECT_EQ(part[1], "mysql_1153");
    EXPECT_NE(part[2].value().find("max_allowed_packet of 65536 bytes: raise it"), std::string::npos);
    payload += part[3].value();
  }
  EXPECT_EQ(boost::json::parse(payload).at("question").as_string(), large);
  EXPECT_EQ(ask_ok(*client_, "s", "later").question_count, 4);
  EXPECT_EQ(sync_now(*client_), 1);
  EXPECT_EQ(get_json(*client_, "/sessions/s/stats").at("pending"), 0);
  EXPECT_EQ(world_.integer("SELECT question_count FROM chat_sessions WHERE session_id = 's'"), 4);
}

}  // namespace
}  // namespace chatsync::test

// seed.lua on a real Redis: types, expiry, a full server, and what other programs left there.
#include <fmt/format.h>

#include "chat/turn_json.hpp"
#include "integration/redis/redis_fixture.hpp"

namespace chatsync::test {
namespace {

std::int64_t stamp_of(int number) { return turn_of("abc", number).timestamp_us; }

/// What the store knows of session "abc" with `count` settled turns and unsettled ones from `first` to
/// `last`.
SessionSeed stored(int count, int first = 1, int last = 0) {
  SessionSeed seed{.session = session_after("abc", count)};
  if (count > 0) seed.recent = numbered_turns("abc", std::max(1, count - 9), count);
  for (int number = first; number <= last; ++number) seed.unsettled.push_back(turn_of("abc", number));
  return seed;
}

class SeedTest : public RedisTest {
 protected:
  std::vector<SettledTurn> seed(SessionSeed from) { return ok(cache().seed(std::move(from))); }

  void write_foreign_turn(int number, const std::string& seq) {
    const std::string key = fmt::format("session:abc:msg:{}", stamp_of(number));
    client().command({"HSET", key, "question", "q", "answer", "a", "seq", seq});
    client().command({"SADD", "session:abc:pending_msgs", key});
  }

  /// Whether every key of the session but messages expires (or stays, if `expiring` is false).
  void expect_expiring(bool expiring) {
    for (const char* key : {"session:abc:count", "session:abc:history", "session:abc:meta"}) {
      if (client().integer({"EXISTS", key}) == 0) continue;
      EXPECT_EQ(client().integer({"PTTL", key}) >= 0, expiring) << key;
    }
  }
};

TEST_F(SeedTest, WritesTheDocumentedKeys) {
  seed(stored(2, 3, 3));
  EXPECT_EQ(client().keys(),
            (std::vector<std::string>{"session:abc:count", "session:abc:history", "session:abc:meta"}));
  EXPECT_EQ(client().get("session:abc:count"), "3");
  EXPECT_EQ(client().strings({"LRANGE", "session:abc:history", "0", "-1"}),
            (std::vector{history_entry(numbered_turn("abc", 1)), history_entry(numbered_turn("abc", 2)),
                         history_entry(numbered_turn("abc", 3))}));
  const std::string stamp = std::to_string(stamp_of(3));
  const std::map<std::string, std::string> meta{{"user_id", "ann"},
                                                {"title", ""},
                                                {"created_at", std::to_string(stamp_of(1))},
                                                {"updated_at", std::to_string(stamp_of(2))},
                                                {"settled_us", stamp},
                                                {"settled:" + stamp, "3 " + stamp}};
  EXPECT_EQ(client().hash("session:abc:meta"), meta);
  ok(cache().forget_settled("abc", {stamp_of(3)}));
  EXPECT_EQ(client().hash("session:abc:meta").count("settled:" + stamp), 0U);
  EXPECT_EQ(client().hash("session:abc:meta").at("settled_us"), stamp);
}

TEST_F(SeedTest, WritesNothingWhereThereIsNothingToDo) {
  for (int number = 1; number <= 12; ++number) record(turn_of("abc", number));
  acknowledge(claim());
  client().command({"PEXPIRE", "session:abc:count", "50000000"});
  seed(stored(12, 13, 14));
  ok(cache().forget_settled("abc", {stamp_of(13)}));
  const auto before = everything_in(client());
  EXPECT_EQ(seed(stored(12, 13, 14)).size(), 1U);
  EXPECT_TRUE(seed(stored(9)).empty());
  EXPECT_EQ(everything_in(client()), before);
}

TEST_F(SeedTest, ASessionWithNothingToSyncGetsItsTtl) {
  seed(stored(3));
  expect_expiring(true);
  seed(stored(7));
  EXPECT_EQ(client().get("session:abc:count"), "7");
  expect_expiring(true);
  seed(stored(7, 8, 9));
  EXPECT_EQ(client().get("session:abc:count"), "9");
  expect_expiring(true);
}

TEST_F(SeedTest, ASessionWithPendingTurnsNeverGetsATtl) {
  record(turn_of("abc", 1));
  seed(stored(7));
  expect_expiring(false);
  seed(stored(7, 8, 9));
  expect_expiring(false);
  client().command({"DEL", "session:abc:count"});
  seed(stored(9));
  expect_expiring(false);
}

TEST_F(SeedTest, ATurnOfAnotherProgramKeepsTheSessionFromExpiring) {
  seed(stored(3));
  write_foreign_turn(50, "");
  seed(stored(7));
  expect_expiring(false);
}

TEST_F(SeedTest, ACreatedSessionThatIsNotSyncedDoesNotExpire) {
  ok(cache().create(session_after("abc", 0)));
  seed(stored(0, 1, 2));
  expect_expiring(false);
  EXPECT_EQ(client().hash("session:abc:meta").count("empty"), 0U);
  acknowledge(claim());
  expect_expiring(true);
}

TEST_F(SeedTest, GoesOnFromAHistoryWithoutACount) {
  for (int number = 1; number <= 12; ++number) record(turn_of("abc", number));
  client().command({"DEL", "session:abc:count"});
  seed(stored(5));
  EXPECT_EQ(client().get("session:abc:count"), "12");
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 3, 12));
  EXPECT_EQ(record(turn_of("abc", 13), SessionPresence::unknown).question_count, 13);
}

TEST_F(SeedTest, GoesOnFromPendingTurnsWithoutCountAndHistory) {
  for (int number = 1; number <= 12; ++number) record(turn_of("abc", number));
  client().command({"DEL", "session:abc:count", "session:abc:history"});
  client().set("session:other:msg:5", "no turn of this session");
  client().command({"SADD", "session:abc:pending_msgs", "session:other:msg:5", "session:abc:msg:gone"});
  write_foreign_turn(20, "many");
  write_foreign_turn(21, "99999999999999999999");
  seed(stored(5));
  EXPECT_EQ(client().get("session:abc:count"), "12");
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 1, 5));
}

TEST_F(SeedTest, AHistoryOfAnotherProgramIsNoCount) {
  client().command({"RPUSH", "session:abc:history", "in a form of its own"});
  seed(stored(5));
  EXPECT_EQ(client().get("session:abc:count"), "5");
  EXPECT_EQ(record(turn_of("abc", 1), SessionPresence::unknown).timestamp_us, stamp_of(5) + 2);
  EXPECT_EQ(client().strings({"LRANGE", "session:abc:history", "0", "0"}),
            std::vector<std::string>{"in a form of its own"});
}

TEST_F(SeedTest, AFinalStampIsNotOneOfAPendingTurn) {
  write_foreign_turn(8, "");
  const std::vector<SettledTurn> settled = seed(stored(3, 8, 8));
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].final_timestamp_us, stamp_of(8) + 1);
  EXPECT_EQ(ok(cache().history("abc")).back().timestamp_us, stamp_of(8) + 1);
}

TEST_F(SeedTest, TheLatestTimeIsToldByTheLastEntryAndReadersDoNotMindIt) {
  record(turn_of("abc", 1));
  SessionSeed from = stored(9);
  from.recent.clear();
  seed(from);
  const std::string entry = client().command({"LINDEX", "session:abc:history", "-1"}).text;
  EXPECT_TRUE(entry.starts_with(fmt::format(R"({{"latest":{},"seq":1,)", stamp_of(9)))) << entry;
  EXPECT_EQ(ok(cache().history("abc")), numbered_turns("abc", 1, 1));
  // Without a count again, it still tells how far the session had come.
  client().command({"DEL", "session:abc:count"});
  seed(stored(0, 20, 20));
  EXPECT_EQ(client().get("session:abc:count"), "2");
}

TEST_F(SeedTest, AFullRedisRefusesToSettleAndChangesNothing) {
  RedisServer full;
  RedisUser user(io(), Settings::Redis{.socket = full.socket()});
  for (int number = 1; number <= 5; ++number) {
    ok(record_turn(user.cache, turn_of("abc", number), SessionPresence::known_new));
  }
  ok(user.cache.seed(stored(5, 6, 7)));
  RespClient client = full.client();
  client.command({"CONFIG", "SET", "maxmemory", "1mb"});
  const auto before = everything_in(client);
  for (const SessionSeed& from : {stored(5, 6, 8), stored(25)}) {
    const auto refused = await(user.cache.seed(from));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  }
  EXPECT_EQ(everything_in(client), before);
  // What needs no memory works: to be told numbers again, and to forget them.
  EXPECT_EQ(ok(user.cache.seed(stored(5, 6, 7))).size(), 2U);
  ok(user.cache.forget_settled("abc", {stamp_of(6), stamp_of(7)}));
  EXPECT_TRUE(ok(user.cache.seed(stored(5, 6, 7))).empty());
}

TEST_F(SeedTest, ACountThatIsNoNumberIsAClearErrorAndStays) {
  client().set("session:abc:count", "many");
  const auto before = everything_in(client());
  const auto refused = await(cache().seed(stored(5, 6, 7)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_NE(refused.error().message.find("not a number"), std::string::npos);
  EXPECT_EQ(everything_in(client()), before);
}

/// A key with something of another type under it.
class SeedWrongType : public SeedTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(SeedWrongType, LeavesNothingChanged) {
  for (int number = 1; number <= 3; ++number) record(turn_of("abc", number));
  client().command({"DEL", GetParam()});
  client().command(
      {std::string(GetParam()).ends_with("count") ? "LPUSH" : "SET", GetParam(), "something else"});
  const auto before = everything_in(client());
  const auto refused = await(cache().seed(stored(5, 6, 7)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().code, "wrong_type");
  EXPECT_EQ(everything_in(client()), before);
}

INSTANTIATE_TEST_SUITE_P(Keys, SeedWrongType,
                         ::testing::Values("session:abc:count", "session:abc:history",
                                           "session:abc:pending_msgs", "session:abc:meta"));

}  // namespace
}  // namespace chatsync::test

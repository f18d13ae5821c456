// Passes for relief on a real Redis: where they read turns, and what they leave in the index.
#include <fmt/format.h>

#include <array>

#include "chat/turn_json.hpp"
#include "integration/redis/redis_fixture.hpp"

namespace chatsync::test {
namespace {

class ReliefTest : public RedisTest {
 protected:
  static std::string message_of(const Turn& turn) {
    return fmt::format("session:{}:msg:{}", turn.session_id, turn.timestamp_us);
  }

  /// Makes the two places where a turn stands differ, to see which of them was read.
  void change_hash(const Turn& turn) {
    client().command({"HSET", message_of(turn), "answer", "of the hash"});
  }

  std::vector<std::string> answers(PassKind kind) {
    std::vector<std::string> all;
    for (const PendingTurn& pending : claim(kind)->turns) all.push_back(pending.turn.answer);
    return all;
  }

  static std::vector<std::string> turn_ids_of(const TurnBatch& batch) {
    std::vector<std::string> ids;
    for (const PendingTurn& pending : batch.turns) ids.push_back(pending.turn.turn_id);
    return ids;
  }

  /// Puts a text into a session's only history entry in the place of another one.
  void change_history(const std::string& session_id, std::string_view before, std::string_view after) {
    const std::string key = fmt::format("session:{}:history", session_id);
    std::string entry = client().strings({"LRANGE", key, "0", "-1"}).at(0);
    const std::size_t found = entry.find(before);
    ASSERT_NE(found, std::string::npos) << entry;
    entry.replace(found, before.size(), after);
    client().command({"LSET", key, "0", entry});
  }

  std::vector<std::string> indexed() { return client().strings({"ZRANGE", "sync:dirty", "0", "-1"}); }
};

TEST_F(ReliefTest, ReadsWhatAHistoryHasOfATurn) {
  Turn turn = turn_of("abc", 1);
  turn.question = "line\nbreak, \"quotes\", \\ and \x01";
  turn.details = R"({"request":{"temperature":1}})";
  record(turn);
  change_hash(turn);
  turn.seq = 1;
  const std::vector<PendingTurn> turns = claim(PassKind::relief)->turns;
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns[0].turn, turn);
  EXPECT_EQ(turns[0].key, message_of(turn));
}

TEST_F(ReliefTest, AnyOtherPassReadsTheHash) {
  record(turn_of("abc", 1));
  change_hash(turn_of("abc", 1));
  EXPECT_EQ(answers(PassKind::indexed), std::vector<std::string>{"of the hash"});
  EXPECT_EQ(answers(PassKind::sweep), std::vector<std::string>{"of the hash"});
}

TEST_F(ReliefTest, ReadsFromHashesWhatIsTooOldForTheHistory) {
  for (int number = 1; number <= 13; ++number) record(turn_of("abc", number));
  for (int number = 1; number <= 13; ++number) change_hash(turn_of("abc", number));
  std::vector<std::string> expected(3, "of the hash");
  for (int number = 4; number <= 13; ++number) expected.push_back(turn_of("abc", number).answer);
  EXPECT_EQ(answers(PassKind::relief), expected);
}

TEST_F(ReliefTest, KeepsWhatAHistoryHasOfTurnsThatComeBeforeThoseOfHashes) {
  record(turn_of("aaa", 1));
  for (int number = 1; number <= 11; ++number) record(turn_of("bbb", number));
  for (const char* session : {"aaa", "bbb"}) change_hash(turn_of(session, 1));
  std::vector<std::string> expected = {turn_of("aaa", 1).answer, "of the hash"};
  for (int number = 2; number <= 11; ++number) expected.push_back(turn_of("bbb", number).answer);
  EXPECT_EQ(answers(PassKind::relief), expected);
}

TEST_F(ReliefTest, ReadsFromTheHashWhereTheHistoryIsNone) {
  record(turn_of("absent", 1));
  record(turn_of("text", 1));
  for (const char* session : {"absent", "text"}) change_hash(turn_of(session, 1));
  client().command({"DEL", "session:absent:history"});
  client().set("session:text:history", "no list");
  EXPECT_EQ(answers(PassKind::relief), std::vector<std::string>(2, "of the hash"));
}

TEST_F(ReliefTest, ReadsFromTheHashWhereAnEntryIsNotAsChatsyncWritesIt) {
  const std::string stamp = std::to_string(turn_of("a", 1).timestamp_us);
  const std::vector<std::array<std::string, 3>> changes = {
      {"other-form", R"({"seq")", R"({ "seq")"},
      {"other-turn", stamp, std::to_string(turn_of("a", 1).timestamp_us - 2)},
      {"no-number", R"("seq":1,)", ""},
      {"number-zero", R"("seq":1,)", R"("seq":0,)"},
      {"no-turn-id", R"("turn_id":")", R"("turn_id":" )"},
      {"no-user", R"("user_id":")", R"("user_id":" )"}};
  for (const auto& [session, before, after] : changes) {
    record(turn_of(session, 1));
    change_hash(turn_of(session, 1));
    change_history(session, before, after);
  }
  EXPECT_EQ(answers(PassKind::relief), std::vector<std::string>(changes.size(), "of the hash"));
}

TEST_F(ReliefTest, ReadsFromTheHashWhereTheHistoryBecameTheStoresWhileTurnsWerePending) {
  std::vector<std::string> recorded;
  for (const std::string session : {"abc", "no-history"}) {
    for (int number = 1; number <= 3; ++number) {
      record(turn_of(session, number));
      recorded.push_back(turn_of(session, number).turn_id);
    }
    std::vector<Turn> of_store = numbered_turns(session, 1, 4);
    for (Turn& turn : of_store) turn.turn_id = "other-" + turn.turn_id;
    if (session == "no-history")
      client().command({"DEL", "session:no-history:count", "session:no-history:history"});
    ok(cache().seed({session_after(session, 4), of_store, {}}));
    ASSERT_EQ(ok(cache().history(session)), of_store);
  }
  EXPECT_EQ(turn_ids_of(*claim(PassKind::relief)), recorded);
}

TEST_F(ReliefTest, ReadsOnlyWhatIsPending) {
  record(turn_of("abc", 1));
  acknowledge(claim());
  record(turn_of("abc", 2));
  client().command({"SREM", "session:abc:pending_msgs", message_of(turn_of("abc", 2))});
  record(turn_of("abc", 3));
  const SharedBatch batch = claim(PassKind::relief);
  ASSERT_EQ(batch->turns.size(), 1U);
  EXPECT_EQ(batch->turns[0].turn, numbered_turn("abc", 3));
}

TEST_F(ReliefTest, ASessionWithSeveralTurnsStaysIndexedUntilItHasNone) {
  for (int number = 1; number <= 2; ++number) record(turn_of("abc", number));
  EXPECT_EQ(acknowledge(claim(PassKind::relief)), 2U);
  EXPECT_EQ(client().keys("session:abc:msg:*").size(), 0U);
  EXPECT_EQ(indexed(), std::vector<std::string>{"abc"});
  EXPECT_EQ(ok(pending_turns().oldest_pending_us()), turn_of("abc", 2).timestamp_us);
  for (const std::string& key : client().keys()) EXPECT_EQ(client().integer({"PTTL", key}), -1) << key;

  EXPECT_TRUE(claim(PassKind::relief)->empty());
  EXPECT_TRUE(indexed().empty());
  for (const std::string& key : client().keys()) EXPECT_GT(client().integer({"PTTL", key}), 0) << key;
}

TEST_F(ReliefTest, ASessionWithOneTurnLeavesTheIndex) {
  record(turn_of("abc", 1));
  EXPECT_EQ(acknowledge(claim(PassKind::relief)), 1U);
  EXPECT_TRUE(indexed().empty());
  EXPECT_GT(client().integer({"PTTL", "session:abc:count"}), 0);
}

TEST_F(ReliefTest, ASessionThatIsLeftIndexedTakesItsNextTurn) {
  for (int number = 1; number <= 2; ++number) record(turn_of("abc", number));
  acknowledge(claim(PassKind::relief));
  record(turn_of("abc", 3));
  EXPECT_EQ(claim(PassKind::indexed)->turns.size(), 1U);
  EXPECT_EQ(acknowledge(claim(PassKind::indexed)), 1U);
  EXPECT_TRUE(indexed().empty());
  EXPECT_EQ(client().integer({"LLEN", "session:abc:history"}), 3);
}

TEST_F(ReliefTest, AnErasedSessionDoesNotComeBackIntoTheIndex) {
  for (int number = 1; number <= 2; ++number) record(turn_of("abc", number));
  const SharedBatch batch = claim(PassKind::relief);
  ok(cache().erase("abc"));
  EXPECT_EQ(acknowledge(batch), 0U);
  EXPECT_TRUE(indexed().empty());
}

TEST_F(ReliefTest, AFullRedisCanBeRelieved) {
  RedisServer full;
  RedisUser user(io(), Settings::Redis{.socket = full.socket()});
  for (int number = 1; number <= 50; ++number) {
    ok(record_turn(user.cache, turn_of("abc", number), SessionPresence::known_new));
  }
  full.client().command({"CONFIG", "SET", "maxmemory", "1mb"});
  const auto pass = user.pending.begin_pass(PassKind::relief);
  EXPECT_EQ(ok(user.pending.acknowledge(std::make_shared<const TurnBatch>(ok(pass->next(100))))), 50U);
  EXPECT_EQ(ok(user.pending.count_pending()), 0U);
}

}  // namespace
}  // namespace chatsync::test

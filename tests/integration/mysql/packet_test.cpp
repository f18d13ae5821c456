#include "chat/turn_json.hpp"
#include "integration/mysql/mysql_store_test.hpp"

namespace chatsync::test {
namespace {

using sql::InsertPath;

constexpr std::size_t kPacketBytes = std::size_t{64} * 1024;

/// A server that takes packets of 64 KiB only.
class SmallPackets : public MySqlStoreTest, public ::testing::WithParamInterface<InsertPath> {
 protected:
  SmallPackets() {
    client().query("SET GLOBAL max_allowed_packet = " + std::to_string(kPacketBytes));
    auto chosen = options();
    chosen.insert_path = GetParam();
    store_ = open(chosen);
  }
  ~SmallPackets() override { client().query("SET GLOBAL max_allowed_packet = 16777216"); }

  static Turn turn_with(int number, std::size_t question_bytes, std::size_t answer_bytes) {
    auto turn = numbered_turn("s", number);
    turn.question = std::string(question_bytes, '\'');  // Doubled when it is escaped.
    turn.answer = std::string(answer_bytes, 'a');
    return turn;
  }

  std::unique_ptr<sql::SqlStore> store_;
};

TEST_P(SmallPackets, SplitABatchIntoStatementsThatFit) {
  std::vector<Turn> turns;
  for (int number = 1; number <= 60; ++number) turns.push_back(turn_with(number, 4'000, 4'000));
  EXPECT_EQ(ok(store_->write(batch_of(turns))).inserted, 60);
  EXPECT_EQ(ok(store_->turns("s", {.limit = 100})), turns);
}

TEST_P(SmallPackets, TakeATurnOfSeveralPackets) {
  const std::vector turns{numbered_turn("s", 1), turn_with(2, kPacketBytes - 100, kPacketBytes),
                          numbered_turn("s", 3), turn_of("s", 4)};
  auto foreign = turn_with(5, kPacketBytes, kPacketBytes - 1);
  foreign.seq.reset();
  auto all = turns;
  all.push_back(foreign);
  EXPECT_EQ(ok(store_->write(batch_of(all))).inserted, 5);
  EXPECT_EQ(ok(store_->write(batch_of(all))).inserted, 0);
  EXPECT_EQ(ok(store_->turns("s", {})), all);
}

TEST_P(SmallPackets, RejectATextThatNoPacketHoldsAndSayWhatToDo) {
  const auto written =
      await(store_->write(batch_of({numbered_turn("s", 1), turn_with(2, kPacketBytes + 1, 1)})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::rejected);
  EXPECT_THAT(written.error().message, ::testing::HasSubstr("max_allowed_packet"));
  EXPECT_THAT(written.error().message, ::testing::HasSubstr("s-turn-2"));
  EXPECT_EQ(count("chat_messages"), 0);
}

TEST_P(SmallPackets, KeepADeadLetterOfAnySizeWhole) {
  DeadLetter letter{.session_id = "s", .key = "k", .reason = "r", .error_code = "c", .first_failed_at_us = 1};
  for (int i = 0; i < 50'000; ++i) letter.payload += "\U0001F600'";
  const auto batch = std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = {letter}});
  ok(store_->write(batch));
  ok(store_->write(batch));
  std::string whole;
  for (const auto& part : client().column("SELECT payload FROM dead_letters ORDER BY fingerprint, part")) {
    whole += part;
  }
  EXPECT_EQ(whole, letter.payload);
}

TEST_P(SmallPackets, ShowReplayAndDiscardADeadLetterOfManyParts) {
  auto turn = turn_with(1, kPacketBytes, kPacketBytes);
  auto other = turn_with(2, kPacketBytes, kPacketBytes);
  std::vector<DeadLetter> letters;
  for (const auto& lost : {turn, other}) {
    letters.push_back({.session_id = "s",
                       .key = "k",
                       .reason = "r",
                       .error_code = "c",
                       .payload = history_entry(lost),
                       .first_failed_at_us = 1});
  }
  ok(store_->write(std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = letters})));
  const auto listed = ok(store_->list({}));
  ASSERT_EQ(listed.size(), 2);
  EXPECT_EQ(listed[0].payload_bytes, letters[0].payload.size());
  EXPECT_EQ(listed[0].seq, 1);
  EXPECT_EQ(ok(store_->find(listed[0].id))->letter.payload, letters[0].payload);
  EXPECT_EQ(ok(store_->replay(listed[0].id)).fate, ReplayOutcome::Fate::stored);
  EXPECT_EQ(ok(store_->turns("s", {})), std::vector{turn});
  ok(store_->discard(listed[1].id));
  EXPECT_EQ(client().integer("SELECT SUM(LENGTH(payload)) FROM dead_letters"), 0);
  ok(store_->write(std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = {letters[1]}})));
  EXPECT_TRUE(ok(store_->list({})).empty());
}

TEST_P(SmallPackets, FindClashesAmongMoreTurnsThanOnePacketCanName) {
  auto turns = numbered_turns("s", 1, 3'000);
  ok(store_->write(batch_of(turns)));
  for (auto& turn : turns) turn.turn_id += "-of-somebody-else-with-a-rather-long-name";
  const auto outcome = ok(store_->write(batch_of(turns)));
  EXPECT_EQ(outcome.inserted, 0);
  EXPECT_EQ(outcome.quarantined, 3'000);
  EXPECT_EQ(count("dead_letters"), 3'000);
}

INSTANTIATE_TEST_SUITE_P(MySql, SmallPackets, ::testing::Values(InsertPath::text, InsertPath::bulk),
                         [](const auto& path) {
                           return path.param == InsertPath::text ? std::string("text") : std::string("bulk");
                         });

}  // namespace
}  // namespace chatsync::test

#include <algorithm>

#include "integration/mysql/mysql_store_test.hpp"

namespace chatsync::test {
namespace {

using sql::InsertPath;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What must be the same whichever way the turns travel.
class InsertPaths : public MySqlStoreTest, public ::testing::WithParamInterface<InsertPath> {
 protected:
  InsertPaths() {
    auto chosen = options();
    chosen.insert_path = GetParam();
    store_ = open(chosen);
  }
  WriteOutcome write(const std::vector<Turn>& turns) { return ok(store_->write(batch_of(turns))); }

  std::unique_ptr<TurnStore> store_;
};

TEST_P(InsertPaths, WriteExactlyTheRows) {
  auto turn = numbered_turn("s", 3);
  turn.question = std::string("\0zero\0", 6) + "'\"\\\n\r\x1a%_ \U0001F600\U0001F680 Xin chào";
  turn.answer = "";
  turn.status = TurnStatus::incomplete;
  write({turn, turn_of("s", 4)});
  EXPECT_THAT(message_rows(),
              ElementsAre(SqlRow{"s", "1795392000003000", "s-turn-3", "3", "ann", turn.question, "",
                                 "incomplete", "echo", "2026-11-23 00:00:00.003000"},
                          SqlRow{"s", "1795392000004000", "s-turn-4", std::nullopt, "ann", "question 4 of s",
                                 "answer 4 to s", "complete", "echo", "2026-11-23 00:00:00.004000"}));
  EXPECT_THAT(
      client().query("SELECT session_id, user_id, title, question_count, created_at, updated_at, deleted_at "
                     "FROM chat_sessions"),
      ElementsAre(SqlRow{"s", "ann", "", "3", "2026-11-23 00:00:00.003000", "2026-11-23 00:00:00.004000",
                         std::nullopt}));
}

TEST_P(InsertPaths, BringAwkwardTextsBackByteForByte) {
  std::vector<Turn> turns;
  for (const auto& text : awkward_texts()) {
    auto turn = numbered_turn("s", static_cast<int>(turns.size()) + 1);
    turn.question = text;
    turn.answer = text;
    turns.push_back(turn);
  }
  write(turns);
  EXPECT_EQ(ok(store_->turns("s", {.limit = 1'000})), turns);
}

TEST_P(InsertPaths, CountOnlyRowsThatWereNotThere) {
  EXPECT_EQ(write(numbered_turns("s", 1, 5)).inserted, 5);
  const auto outcome = write(numbered_turns("s", 3, 9));
  EXPECT_EQ(outcome.inserted, 4);
  EXPECT_EQ(outcome.quarantined, 0);
  EXPECT_EQ(count("chat_messages"), 9);
}

TEST_P(InsertPaths, KeepWhatIsStoredWhenATurnComesAgainWithOtherWords) {
  write(numbered_turns("s", 1, 1));
  auto changed = numbered_turn("s", 1);
  changed.answer = "another";
  EXPECT_EQ(write({changed}).quarantined, 0);
  EXPECT_EQ(ok(store_->turns("s", {})), numbered_turns("s", 1, 1));
}

TEST_P(InsertPaths, QuarantineBothKindsOfClashAndWriteTheRest) {
  write(numbered_turns("s", 1, 2));
  auto same_time = numbered_turn("s", 7);
  same_time.timestamp_us = numbered_turn("s", 1).timestamp_us;
  auto same_id = numbered_turn("t", 1);
  same_id.turn_id = "s-turn-2";
  const auto outcome = write({same_time, same_id, numbered_turn("s", 3), numbered_turn("s", 2)});
  EXPECT_EQ(outcome.inserted, 1);
  EXPECT_EQ(outcome.quarantined, 2);
  EXPECT_THAT(
      client().query("SELECT session_id, error_code, reason FROM dead_letters ORDER BY session_id"),
      ElementsAre(
          SqlRow{"s", "identity_clash", "session s has turn s-turn-1 at 1795392000001000 already"},
          SqlRow{"t", "identity_clash", "turn s-turn-2 is stored already in session s at 1795392000002000"}));
  EXPECT_EQ(ok(store_->turns("s", {})), numbered_turns("s", 1, 3));
}

TEST_P(InsertPaths, RefuseADatumThatDoesNotFitAndWriteNothing) {
  auto long_model = numbered_turn("s", 2);
  long_model.model = std::string(300, 'm');
  const auto written =
      await(store_->write(batch_of({numbered_turn("s", 1), long_model, numbered_turn("s", 3)})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::rejected);
  EXPECT_EQ(written.error().code, "mysql_1406");
  EXPECT_EQ(count("chat_messages"), 0);
  EXPECT_EQ(count("chat_sessions"), 0);
  auto other = client();
  other.query("SET innodb_lock_wait_timeout = 1");
  EXPECT_NO_THROW(other.query("DELETE FROM chat_sessions")) << "a transaction is left open";
  EXPECT_EQ(write({numbered_turn("s", 1)}).inserted, 1);
}

TEST_P(InsertPaths, AppendEveryTurnButThoseThatAreRefused) {
  std::vector<DirectTurn> sent;
  for (int number = 1; number <= 9; ++number) sent.push_back({turn_of("s", number)});
  sent[2].turn.model = std::string(300, 'm');
  sent[7].turn.question = "\xff";
  const auto outcomes = ok(store_->append(std::make_shared<const std::vector<DirectTurn>>(std::move(sent))));
  ASSERT_EQ(outcomes.size(), 9);
  for (const std::size_t refused : {2U, 7U}) {
    ASSERT_FALSE(outcomes[refused]);
    EXPECT_EQ(outcomes[refused].error().kind, ErrorKind::rejected);
  }
  EXPECT_EQ(outcomes[8]->question_count, 7);
  EXPECT_EQ(count("chat_messages"), 7);
  EXPECT_EQ(count("unsettled_turns"), 7);
}

TEST_P(InsertPaths, RefuseWhatIsNotUtf8) {
  auto turn = numbered_turn("s", 1);
  turn.question = "\xff\xfe";
  const auto written = await(store_->write(batch_of({turn})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::rejected);
}

TEST_P(InsertPaths, TakeMoreTurnsThanAStatementHolds) {
  const auto turns = numbered_turns("s", 1, 2'345);
  EXPECT_EQ(write(turns).inserted, 2'345);
  EXPECT_EQ(write(turns).inserted, 0);
  EXPECT_EQ(ok(store_->turns("s", {.limit = 5'000})), turns);
}

TEST_P(InsertPaths, TakeAnyTimestamp) {
  auto early = numbered_turn("s", 1);
  early.timestamp_us = -5;
  auto late = numbered_turn("s", 2);
  late.timestamp_us = 9'000'000'000'000'000'000;
  EXPECT_EQ(write({early, late}).inserted, 2);
  EXPECT_EQ(ok(store_->turns("s", {})), (std::vector{early, late}));
}

INSTANTIATE_TEST_SUITE_P(MySql, InsertPaths, ::testing::Values(InsertPath::text, InsertPath::bulk),
                         [](const auto& path) {
                           return path.param == InsertPath::text ? std::string("text") : std::string("bulk");
                         });

class MySqlRows : public MySqlStoreTest {};

TEST_F(MySqlRows, DistinguishIdsByCase) {
  ok(store().write(batch_of({numbered_turn("alice", 1), numbered_turn("ALICE", 1)})));
  EXPECT_EQ(ok(store().turns("alice", {})), numbered_turns("alice", 1, 1));
  EXPECT_EQ(ok(store().turns("ALICE", {})), numbered_turns("ALICE", 1, 1));
}

TEST_F(MySqlRows, ADeadLetterIsKeptOnceHoweverOftenItComes) {
  const DeadLetter letter{.session_id = "s",
                          .key = "session:s:msg:1",
                          .reason = "no answer",
                          .error_code = "missing_field",
                          .payload = R"({"question":"?"})",
                          .first_failed_at_us = kDawn};
  auto again = letter;
  again.first_failed_at_us += 5;
  auto other = letter;
  other.payload = R"({"question":"!"})";
  for (const auto& sent : {letter, again, other}) {
    ok(store().write(std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = {sent}})));
  }
  EXPECT_THAT(
      client().query("SELECT session_id, message_key, reason, error_code, payload, first_failed_at, part "
                     "FROM dead_letters ORDER BY id"),
      ElementsAre(SqlRow{"s", "session:s:msg:1", "no answer", "missing_field", letter.payload,
                         "2026-11-23 00:00:00.000000", "0"},
                  SqlRow{"s", "session:s:msg:1", "no answer", "missing_field", other.payload,
                         "2026-11-23 00:00:00.000000", "0"}));
}

TEST_F(MySqlRows, ADeadLetterOfAnythingCanBeKept) {
  const DeadLetter letter{.session_id = std::string(300, '\xff'),
                          .key = std::string(3'000, 'k'),
                          .reason = std::string(9'000, 'r'),
                          .error_code = std::string(300, 'e'),
                          .payload = "\xff\xfe{",
                          .first_failed_at_us = -1};
  ok(store().write(std::make_shared<const TurnBatch>(TurnBatch{.dead_letters = {letter}})));
  EXPECT_THAT(client().column("SELECT payload FROM dead_letters"), ElementsAre("\uFFFD\uFFFD{"));
}

TEST_F(MySqlRows, ATitleOfAnyLengthDoesNotHoldItsTurnsUp) {
  auto batch = *batch_of({numbered_turn("s", 1)});
  for (int i = 0; i < 2'000; ++i) batch.sessions[0].title += "\U0001F600";
  ok(store().write(std::make_shared<const TurnBatch>(std::move(batch))));
  EXPECT_EQ(client().integer("SELECT CHAR_LENGTH(title) FROM chat_sessions"), 1'024);
}

TEST_F(MySqlRows, ForeignTurnsCountByTheirRows) {
  ok(store().write(batch_of({turn_of("s", 1), turn_of("s", 2)})));
  ok(store().write(batch_of({turn_of("s", 2), turn_of("s", 3)})));
  EXPECT_EQ(client().integer("SELECT question_count FROM chat_sessions"), 3);
}

TEST_F(MySqlRows, AnErasedSessionLeavesItsTombstoneOnly) {
  auto clash = numbered_turn("s", 2);
  clash.timestamp_us = numbered_turn("s", 1).timestamp_us;
  auto batch = *batch_of({numbered_turn("s", 1), clash});
  batch.sessions[0].title = "secret";
  ok(store().write(std::make_shared<const TurnBatch>(batch)));
  EXPECT_EQ(ok(store().erase("s", 0)), 1);
  const auto late = ok(store().write(std::make_shared<const TurnBatch>(batch)));
  EXPECT_EQ(late.deleted, 2);
  EXPECT_EQ(late.inserted, 0);
  EXPECT_EQ(late.quarantined, 0);
  EXPECT_EQ(count("chat_messages"), 0);
  EXPECT_EQ(count("dead_letters"), 0);
  EXPECT_THAT(client().query("SELECT session_id, title, deleted_at IS NOT NULL FROM chat_sessions"),
              ElementsAre(SqlRow{"s", "", "1"}));
}

}  // namespace
}  // namespace chatsync::test

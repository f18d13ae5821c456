#include <algorithm>
#include <thread>

#include "integration/mysql/mysql_store_test.hpp"

namespace chatsync::test {
namespace {

class MySqlConcurrency : public MySqlStoreTest {
 protected:
  std::unique_ptr<TurnStore> impatient_store() {
    auto chosen = options();
    chosen.lock_wait = std::chrono::seconds(1);
    return open(chosen);
  }

  std::unique_ptr<sql::SqlStore> indexed_store(std::chrono::seconds lock_wait) {
    auto chosen = options();
    chosen.lock_wait = lock_wait;
    chosen.search_index = true;
    return open(chosen);
  }
};

TEST_F(MySqlConcurrency, ALockWaitThatIsTooLongTakesEverythingBackAndIsAnOutage) {
  const auto impatient = impatient_store();
  ok(impatient->write(batch_of({numbered_turn("b", 1)})));
  auto other = client();
  other.query("START TRANSACTION");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  const auto written = await(impatient->write(batch_of({numbered_turn("a", 1), numbered_turn("b", 2)})));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(written.error().code, "mysql_1205");
  EXPECT_EQ(client().integer("SELECT COUNT(*) FROM chat_sessions WHERE session_id = 'a'"), 0);
  other.query("ROLLBACK");
  EXPECT_EQ(ok(impatient->write(batch_of({numbered_turn("a", 1), numbered_turn("b", 2)}))).inserted, 2);
}

TEST_F(MySqlConcurrency, TheVictimOfADeadlockBeginsAgain) {
  ok(store().write(batch_of({numbered_turn("a", 1), numbered_turn("b", 1)})));
  auto other = client();
  other.query("CREATE TABLE ballast (x INT) ENGINE = InnoDB");
  other.query("START TRANSACTION");
  // The server gives up the transaction that has changed less.
  other.query("INSERT INTO ballast SELECT seq FROM seq_1_to_5000");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  const auto writing = start(store().write(batch_of({numbered_turn("a", 2), numbered_turn("b", 2)})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'a' FOR UPDATE");
  other.query("COMMIT");
  const auto written = finish(writing);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->inserted, 2);
  EXPECT_GE(other.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").at(0).at(1), "1");
  EXPECT_EQ(count("chat_messages"), 4);
}

TEST_F(MySqlConcurrency, ATurnThatComesWhileItsSessionIsErasedIsLeftOut) {
  ok(store().write(batch_of({numbered_turn("s", 1)})));
  auto eraser = client();
  eraser.query("START TRANSACTION");
  eraser.query("UPDATE chat_sessions SET deleted_at = NOW(6) WHERE session_id = 's'");
  const auto writing = start(store().write(batch_of({numbered_turn("s", 2), numbered_turn("t", 1)})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  eraser.query("DELETE FROM chat_messages WHERE session_id = 's'");
  eraser.query("COMMIT");
  const auto written = finish(writing);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->deleted, 1);
  EXPECT_EQ(written->inserted, 1);
  EXPECT_EQ(client().integer("SELECT COUNT(*) FROM chat_messages WHERE session_id = 's'"), 0);
}

TEST_F(MySqlConcurrency, AnEraseThatComesDuringAWriteDeletesWhatItWrote) {
  ok(store().ping());
  auto other = client();
  other.query("START TRANSACTION");
  // Holds the write back in the middle: after its session rows, at the first of its turns.
  other.query(
      "INSERT INTO chat_messages (session_id, ts, turn_id, user_id, question, answer, status, model) "
      "VALUES ('a', 1795392000001000, 'held', 'u', '', '', '', '')");
  const auto writing = start(store().write(batch_of({numbered_turn("a", 1), numbered_turn("s", 1)})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  const auto erasing = start(store().erase("s", 0));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(2); }));
  other.query("ROLLBACK");
  const auto written = finish(writing);
  const auto erased = finish(erasing);
  ASSERT_TRUE(written && erased);
  EXPECT_EQ(written->inserted, 2);
  EXPECT_EQ(*erased, 1);
  EXPECT_TRUE(ok(store().turns("s", {})).empty());
  EXPECT_TRUE(ok(store().load("s", 10))->deleted);
}

TEST_F(MySqlConcurrency, AClashWithATurnThatIsBeingCommittedIsSeen) {
  ok(store().ping());
  auto other = client();
  other.query("START TRANSACTION");
  other.query(
      "INSERT INTO chat_messages (session_id, ts, turn_id, user_id, question, answer, status, model) "
      "VALUES ('s', 1795392000001000, 'held', 'u', '', '', '', '')");
  const auto writing = start(store().write(batch_of({numbered_turn("s", 1)})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  other.query("COMMIT");
  const auto written = finish(writing);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->quarantined, 1);
  EXPECT_THAT(client().column("SELECT reason FROM dead_letters"),
              ::testing::ElementsAre("session s has turn held at 1795392000001000 already"));
}

TEST_F(MySqlConcurrency, IndexingWaitsForWhatAnotherHasUnderWay) {
  const auto store = indexed_store(std::chrono::seconds(30));
  ok(store->write(batch_of({numbered_turn("a", 1)})));
  for (const char* end : {"ROLLBACK", "COMMIT"}) {
    auto other = client();
    other.query("START TRANSACTION");
    other.query("SELECT * FROM search_backlog FOR UPDATE");
    const auto indexing = start(store->index_turns(100));
    ASSERT_TRUE(run_until([&] { return indexing->result || waiting_for_locks(1); }));
    ASSERT_FALSE(indexing->result) << "what another has under way was taken for indexed";
    if (end == std::string_view("COMMIT")) other.query("DELETE FROM search_backlog");
    other.query(end);
    const auto indexed = finish(indexing);
    ASSERT_TRUE(indexed) << indexed.error().message;
    EXPECT_GT(*indexed, 0) << "there may be more behind what was waited for";
    EXPECT_EQ(ok(store->index_turns(100)), 0);
    ok(store->write(batch_of({numbered_turn("a", 2)})));
  }
  EXPECT_EQ(count("turn_search"), 1);
}

TEST_F(MySqlConcurrency, IndexingWaitsNeitherForADrainNorForLongForOneThatIsFrozen) {
  const auto store = indexed_store(std::chrono::seconds(1));
  ok(store->write(batch_of({numbered_turn("a", 1)})));
  auto frozen = client();
  frozen.query("START TRANSACTION");
  frozen.query("SELECT * FROM search_backlog FOR UPDATE");
  EXPECT_EQ(ok(store->index_turns(100)), 0);
  frozen.query("COMMIT");
  EXPECT_GT(ok(store->index_turns(100)), 0);
  frozen.query("START TRANSACTION");
  frozen.query("INSERT INTO search_backlog (session_id, from_ts) VALUES ('a', 0)");
  const auto indexing = start(store->index_turns(100));
  ASSERT_TRUE(run_until([&] { return indexing->result || waiting_for_locks(1); }));
  EXPECT_TRUE(indexing->result) << "waits for a transaction that is storing turns";
}

TEST_F(MySqlConcurrency, AnAppendThatIsTheVictimOfADeadlockBeginsAgain) {
  ok(store().write(batch_of({numbered_turn("a", 1), numbered_turn("b", 1)})));
  auto other = client();
  other.query("CREATE TABLE ballast (x INT) ENGINE = InnoDB");
  other.query("START TRANSACTION");
  other.query("INSERT INTO ballast SELECT seq FROM seq_1_to_5000");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  const auto appending = start(store().append(std::make_shared<const std::vector<DirectTurn>>(
      std::vector<DirectTurn>{{turn_of("a", 2)}, {turn_of("b", 2)}})));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'a' FOR UPDATE");
  other.query("COMMIT");
  const auto appended = finish(appending);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->front()->question_count, 2);
  EXPECT_EQ(count("chat_messages"), 4);
  EXPECT_EQ(count("unsettled_turns"), 2);
}

TEST_F(MySqlConcurrency, AnAppendThatWaitsTooLongForALockTakesEverythingBackAndIsAnOutage) {
  const auto impatient = impatient_store();
  ok(impatient->write(batch_of({numbered_turn("b", 1)})));
  auto other = client();
  other.query("START TRANSACTION");
  other.query("SELECT * FROM chat_sessions WHERE session_id = 'b' FOR UPDATE");
  const auto appended = await(impatient->append(std::make_shared<const std::vector<DirectTurn>>(
      std::vector<DirectTurn>{{turn_of("a", 1)}, {turn_of("b", 2)}})));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::unavailable);
  other.query("ROLLBACK");
  EXPECT_EQ(count("chat_messages"), 1);
  EXPECT_EQ(count("unsettled_turns"), 0);
}

TEST_F(MySqlConcurrency, ADrainOfAnEarlierCacheEndsBeforeAnotherOneIsAdmitted) {
  ok(store().admit_lineage(41, 0));
  auto other = client();
  other.query("START TRANSACTION");
  // Holds the write back in the middle: after it passed the fence, at the first of its turns.
  other.query(
      "INSERT INTO chat_messages (session_id, ts, turn_id, user_id, question, answer, status, model) "
      "VALUES ('s', 1795392000001000, 'held', 'u', '', '', '', '')");
  TurnBatch batch = *batch_of({numbered_turn("s", 1)});
  batch.lineage = 41;
  const auto writing = start(store().write(std::make_shared<const TurnBatch>(batch)));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(1); }));
  const auto admitting = start(store().admit_lineage(42, 41));
  ASSERT_TRUE(run_until([&] { return waiting_for_locks(2); }));
  other.query("ROLLBACK");
  const auto written = finish(writing);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->inserted, 1);
  EXPECT_EQ(finish(admitting), true);
  EXPECT_EQ(await(store().write(std::make_shared<const TurnBatch>(batch))).error().code, kLineageSuperseded);
}

TEST_F(MySqlConcurrency, AHugeSessionIsErasedInPiecesBehindItsTombstone) {
  constexpr int kTurns = 10'050;
  ok(store().write(batch_of(numbered_turns("s", 1, kTurns))));
  auto other = client();
  other.query("START TRANSACTION");
  other.query("SELECT ts FROM chat_messages WHERE session_id = 's' ORDER BY ts DESC LIMIT 1 FOR UPDATE");
  const auto erased = await(impatient_store()->erase("s", 0));
  ASSERT_FALSE(erased);
  EXPECT_EQ(erased.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(ok(store().load("s", 0))->deleted);
  EXPECT_EQ(ok(store().count_turns("s")), 50);
  other.query("ROLLBACK");
  EXPECT_EQ(ok(store().erase("s", 0)), 50);
}

TEST_F(MySqlConcurrency, ManyWritersOfTheSameTurnsStoreEachOnce) {
  constexpr int kSessions = 20;
  constexpr int kTurns = 15;
  const auto first = open(options(), 4);
  const auto second = open(options(), 4);
  std::vector<AsyncResult<WriteOutcome>> writes;
  for (int shift = 0; shift < 8; ++shift) {
    std::vector<Turn> turns;
    for (int session = 0; session < kSessions; ++session) {
      const auto some = numbered_turns("s" + std::to_string(session), 1, kTurns);
      turns.insert(turns.end(), some.begin(), some.end());
    }
    std::ranges::rotate(turns, turns.begin() + shift * 30);
    turns.resize(turns.size() - static_cast<std::size_t>(shift) * 10);
    writes.push_back((shift % 2 == 0 ? first : second)->write(batch_of(turns)));
  }
  std::size_t inserted = 0;
  for (const auto& outcome : all(std::move(writes))) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->quarantined, 0);
    inserted += outcome->inserted;
  }
  EXPECT_EQ(inserted, kSessions * kTurns);
  EXPECT_EQ(count("chat_messages"), kSessions * kTurns);
  EXPECT_EQ(count("dead_letters"), 0);
}

TEST_F(MySqlConcurrency, TwoInstancesMayBringTheTablesUpAtOnce) {
  constexpr int kInstances = 4;
  std::vector<std::string> failures(kInstances);
  std::vector<std::thread> instances;
  for (int i = 0; i < kInstances; ++i) {
    instances.emplace_back([&, i] {
      const auto opened = sql::open_mysql_store(options(), 1);
      if (!opened) failures[static_cast<std::size_t>(i)] = opened.error().message;
    });
  }
  for (auto& instance : instances) instance.join();
  EXPECT_THAT(failures, ::testing::Each(""));
  EXPECT_THAT(client().column("SELECT version FROM schema_version"),
              ::testing::ElementsAre("1", "2", "3", "4", "5"));
}

TEST_F(MySqlConcurrency, AnInstanceWaitsWhileAnotherChangesTheTables) {
  auto other = client();
  const auto name = "CONCAT('chatsync.', SHA1('" + database() + "'))";
  ASSERT_EQ(other.integer("SELECT GET_LOCK(" + name + ", 0)"), 1);
  auto chosen = options();
  chosen.server.timeout = std::chrono::seconds(2);
  const auto refused = sql::open_mysql_store(chosen, 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("another instance is changing the tables"));
  other.query("DO RELEASE_LOCK(" + name + ")");
  EXPECT_TRUE(sql::open_mysql_store(chosen, 1));
}

}  // namespace
}  // namespace chatsync::test

// Tables of version 1, as they were before a store could stand in for the cache.
#include "chat/turn_json.hpp"
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreUpgrade : public CoroutineTest, public ::testing::WithParamInterface<StoreKind> {
 protected:
  std::string time(std::int64_t timestamp_us) const {
    return GetParam() == StoreKind::sqlite ? std::to_string(timestamp_us)
                                           : "TIMESTAMP'1970-01-01 00:00:00.000000' + INTERVAL " +
                                                 std::to_string(timestamp_us) + " MICROSECOND";
  }
  std::string session_row(const std::string& id, int count) const {
    return "INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, updated_at) "
           "VALUES ('" +
           id + "', 'ann', '', " + std::to_string(count) + ", " + time(kDawn + 1'000) + ", " +
           time(kDawn + count * 1'000) + ")";
  }
  static std::string turn_row(const Turn& turn) {
    return "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, status, "
           "model) VALUES ('" +
           turn.session_id + "', " + std::to_string(turn.timestamp_us) + ", '" + turn.turn_id + "', " +
           std::to_string(*turn.seq) + ", 'ann', '" + turn.question + "', '" + turn.answer +
           "', 'complete', 'echo')";
  }
  std::string letter_row(const std::string& session_id, const std::string& payload) {
    const std::string digest =
        GetParam() == StoreKind::sqlite ? "" : "0, UNHEX(SHA2('" + std::to_string(++letters_) + "', 256)), ";
    return "INSERT INTO dead_letters (" + std::string(digest.empty() ? "" : "part, fingerprint, ") +
           "session_id, message_key, reason, error_code, payload, first_failed_at) VALUES (" + digest + "'" +
           session_id + "', 'session:s:msg:1795392000004000', 'r', 'c', '" + payload + "', " + time(kDawn) +
           ")";
  }

  int letters_ = 0;
};

TEST_P(StoreUpgrade, KeepsWhatIsThereAndGoesOn) {
  const auto rig = make_upgraded_store_rig(
      GetParam(), {session_row("s", 2), turn_row(numbered_turn("s", 1)), turn_row(numbered_turn("s", 2))});
  TurnStore& store = rig->store();
  const auto stored = ok(store.load("s", 10));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->session, session_after("s", 2));
  EXPECT_EQ(stored->recent, numbered_turns("s", 1, 2));
  EXPECT_EQ(stored->unsettled_count, 0);
  ok(store.write(batch_of(numbered_turns("s", 2, 3))));
  const auto appended = ok(store.append(
      std::make_shared<const std::vector<DirectTurn>>(std::vector<DirectTurn>{{turn_of("s", 4)}})));
  EXPECT_EQ(appended.front()->question_count, 4);
  ok(store.admit_lineage(3, 0));
  EXPECT_EQ(rig->select("SELECT version FROM schema_version ORDER BY version"),
            (std::vector<std::string>{"1", "2", "3", "4", "5"}));
}

TEST_P(StoreUpgrade, ReadsTheNumbersOfDeadLetters) {
  const std::string foreign = R"({"key":"k","fields":{"seq":"6","question":"?"}})";
  const auto rig = make_upgraded_store_rig(
      GetParam(),
      {session_row("s", 2), session_row("t", 1), letter_row("s", history_entry(numbered_turn("s", 4))),
       letter_row("s", history_entry(turn_of("s", 5))), letter_row("t", foreign), letter_row("t", "{broken"),
       letter_row("unseen", history_entry(numbered_turn("unseen", 1)))});
  std::vector<std::int64_t> numbers;
  for (const auto& letter : ok(rig->store().list({}))) numbers.push_back(letter.seq.value_or(0));
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{4, 0, 6, 0, 1}));
  EXPECT_EQ(ok(rig->store().load("s", 0))->session.question_count, 4);
  EXPECT_EQ(ok(rig->store().load("t", 0))->session.question_count, 6);
}

TEST_P(StoreUpgrade, ReplaysTheDeadLettersThatAreThere) {
  const auto rig = make_upgraded_store_rig(
      GetParam(), {session_row("s", 2), letter_row("s", history_entry(numbered_turn("s", 4)))});
  const auto letters = ok(rig->store().list({}));
  ASSERT_EQ(letters.size(), 1);
  EXPECT_EQ(ok(rig->store().replay(letters[0].id)).fate, ReplayOutcome::Fate::stored);
  EXPECT_EQ(ok(rig->store().turns("s", {})), numbered_turns("s", 4, 4));
}

INSTANTIATE_TEST_SUITE_P(Contract, StoreUpgrade, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test

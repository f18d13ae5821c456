#include "sql/mysql_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "chat/turn_json.hpp"

namespace chatsync::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PendingTurn pending(std::string session_id, std::int64_t timestamp_us, std::string turn_id,
                    std::optional<std::int64_t> seq = 1) {
  Turn turn;
  turn.session_id = std::move(session_id);
  turn.timestamp_us = timestamp_us;
  turn.turn_id = std::move(turn_id);
  turn.seq = seq;
  turn.user_id = "ann";
  return {std::move(turn), "key"};
}

std::vector<const PendingTurn*> pointers(const std::vector<PendingTurn>& turns) {
  std::vector<const PendingTurn*> result;
  std::ranges::transform(turns, std::back_inserter(result), [](const auto& turn) { return &turn; });
  return result;
}

std::vector<std::string> ids(const std::vector<const PendingTurn*>& turns) {
  std::vector<std::string> result;
  std::ranges::transform(turns, std::back_inserter(result),
                         [](const auto* turn) { return turn->turn.turn_id; });
  return result;
}

std::vector<std::pair<std::size_t, std::size_t>> split(const std::vector<std::size_t>& bytes,
                                                       std::size_t max_bytes, std::size_t max_rows) {
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (const auto [begin, end] : split_rows(bytes, max_bytes, max_rows)) result.emplace_back(begin, end);
  return result;
}

TEST(OrderBatch, SortsSessionsAndTurnsByTheirPrimaryKeys) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "b"}, {.session_id = "B"}, {.session_id = "a"}};
  batch.turns = {pending("b", 2, "4"), pending("a", 9, "2"), pending("b", 1, "3"), pending("B", 5, "1")};
  const auto ordered = order_batch(batch);
  std::vector<std::string> sessions;
  for (const auto& row : ordered.sessions) sessions.push_back(row.session.session_id);
  EXPECT_THAT(sessions, ElementsAre("B", "a", "b"));
  EXPECT_THAT(ids(ordered.turns), ElementsAre("1", "2", "3", "4"));
}

TEST(OrderBatch, CountsByTheHighestSeqInTheBatchAndNotByTheCache) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a", .question_count = 40}, {.session_id = "b", .question_count = 3}};
  batch.turns = {pending("a", 1, "1", 7), pending("a", 2, "2", 8), pending("a", 3, "3", std::nullopt)};
  const auto ordered = order_batch(batch);
  EXPECT_EQ(ordered.sessions[0].session.question_count, 8);
  EXPECT_TRUE(ordered.sessions[0].has_foreign_turns);
  EXPECT_EQ(ordered.sessions[1].session.question_count, 0);
  EXPECT_FALSE(ordered.sessions[1].has_foreign_turns);
}

TEST(OrderBatch, CountsTheNumbersOfDeadLettersToo) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a", .question_count = 40}, {.session_id = "b", .question_count = 40}};
  batch.turns = {pending("a", 1, "1", 7)};
  batch.dead_letters = {{.session_id = "a", .payload = R"({"seq":9})"},
                        {.session_id = "b", .payload = "unreadable"},
                        {.session_id = "c", .payload = R"({"key":"k","fields":{"seq":"5"}})"},
                        {.session_id = "c", .payload = R"({"seq":4})"},
                        {.session_id = "no id!", .payload = R"({"seq":4})"}};
  const auto ordered = order_batch(batch);
  ASSERT_EQ(ordered.sessions.size(), 2);
  EXPECT_EQ(ordered.sessions[0].session.question_count, 9);
  EXPECT_EQ(ordered.sessions[1].session.question_count, 40);
  EXPECT_THAT(ordered.letter_sessions, ElementsAre(std::pair("c", 5)));
}

TEST(OrderBatch, MakesASessionForATurnWhoseSessionIsNotListed) {
  TurnBatch batch;
  batch.turns = {pending("a", 5, "1", 2)};
  const auto ordered = order_batch(batch);
  ASSERT_EQ(ordered.sessions.size(), 1);
  EXPECT_EQ(ordered.sessions[0].session, (Session{"a", "ann", "", 2, 5, 5}));
}

TEST(SplitRows, FillsStatementsUpToTheLimitAndNotOverIt) {
  EXPECT_THAT(split({4, 3, 3, 4, 6, 1}, 10, 99),
              ElementsAre(std::pair(0, 3), std::pair(3, 5), std::pair(5, 6)));
}

TEST(SplitRows, LimitsTheRowsOfAStatement) {
  EXPECT_THAT(split({1, 1, 1, 1, 1}, 100, 2), ElementsAre(std::pair(0, 2), std::pair(2, 4), std::pair(4, 5)));
}

TEST(SplitRows, LeavesARowThatIsTooLargeAlone) {
  EXPECT_THAT(split({1, 11, 1, 1}, 10, 99), ElementsAre(std::pair(0, 1), std::pair(1, 2), std::pair(2, 4)));
}

TEST(SplitRows, MakesNoStatementOfNoRows) { EXPECT_THAT(split({}, 10, 99), IsEmpty()); }

TEST(FindClashes, ATurnInItsOwnRowIsNone) {
  const std::vector turns{pending("a", 1, "one"), pending("a", 2, "two")};
  EXPECT_THAT(find_clashes(pointers(turns), {{"one", {"a", 1}}, {"two", {"a", 2}}}), IsEmpty());
}

TEST(FindClashes, ATurnStoredUnderAnotherKeyIsOneAndTheKeyIsNamed) {
  const std::vector turns{pending("a", 1, "one"), pending("b", 1, "two")};
  const auto clashes = find_clashes(pointers(turns), {{"one", {"a", 9}}, {"two", {"c", 1}}});
  ASSERT_EQ(clashes.size(), 2);
  EXPECT_EQ(clashes[0].turn, &turns[0]);
  EXPECT_EQ(clashes[0].reason, "turn one is stored already in session a at 9");
  EXPECT_EQ(clashes[1].reason, "turn two is stored already in session c at 1");
}

TEST(FindClashes, ATurnWhoseKeyBelongsToAnotherTurnIsOneAndTheOwnerIsNamed) {
  const std::vector turns{pending("a", 1, "one")};
  const auto clashes = find_clashes(pointers(turns), {{"owner", {"a", 1}}});
  ASSERT_EQ(clashes.size(), 1);
  EXPECT_EQ(clashes[0].reason, "session a has turn owner at 1 already");
}

TEST(FindClashes, TheSecondOfTwoTurnsOfABatchWithOneIdIsOne) {
  const std::vector turns{pending("a", 1, "one"), pending("a", 2, "one")};
  const auto clashes = find_clashes(pointers(turns), {{"one", {"a", 1}}});
  ASSERT_EQ(clashes.size(), 1);
  EXPECT_EQ(clashes[0].turn, &turns[1]);
}

TEST(WithoutRow, NamesTheTurnsThatAreStoredNowhere) {
  const std::vector turns{pending("a", 1, "one"), pending("a", 2, "two")};
  EXPECT_THAT(ids(without_row(pointers(turns), {{"one", {"b", 7}}})), ElementsAre("two"));
}

TEST(ToDeadLetter, KeepsTheWholeTurnAndItsKey) {
  auto turn = pending("a", 1, "one");
  turn.turn.question = "why \"so\"?";
  const auto letter = to_dead_letter({&turn, "because"});
  EXPECT_EQ(letter.session_id, "a");
  EXPECT_EQ(letter.key, "key");
  EXPECT_EQ(letter.error_code, "identity_clash");
  EXPECT_EQ(letter.reason, "because");
  EXPECT_THAT(letter.payload, HasSubstr(R"("question":"why \"so\"?")"));
  EXPECT_EQ(parse_history_entry("a", letter.payload), turn.turn);
}

TEST(StorableText, ReplacesEachStrayByteAndKeepsTheRest) {
  EXPECT_EQ(storable_text("a\xff\xc3(\xe2\x82z", 99), "a\uFFFD\uFFFD(\uFFFD\uFFFDz");
  EXPECT_EQ(storable_text("h\u00e9 \U0001F600", 99), "h\u00e9 \U0001F600");
  EXPECT_EQ(storable_text(std::string_view("\0x", 2), 99), std::string("\0x", 2));
}

TEST(StorableText, CountsCharactersAndNotBytes) {
  EXPECT_EQ(storable_text("\U0001F600\U0001F600\U0001F600", 2), "\U0001F600\U0001F600");
}

TEST(Utf8Prefix, DoesNotCutACharacter) {
  EXPECT_EQ(utf8_prefix("a\U0001F600b", 4), 1);
  EXPECT_EQ(utf8_prefix("a\U0001F600b", 5), 5);
  EXPECT_EQ(utf8_prefix("a\U0001F600b", 99), 6);
}

}  // namespace
}  // namespace chatsync::sql

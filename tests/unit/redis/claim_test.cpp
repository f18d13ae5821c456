#include "redis/claim.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <initializer_list>
#include <optional>
#include <string>

#include "chat/ids.hpp"

namespace chatsync::redis {
namespace {

using Field = std::optional<std::string_view>;

Reply array_of(std::initializer_list<Field> fields) {
  std::string bytes = "*" + std::to_string(fields.size()) + "\r\n";
  for (const Field& field : fields) {
    if (!field) {
      bytes += "$-1\r\n";
    } else {
      bytes += "$" + std::to_string(field->size()) + "\r\n" + std::string(*field) + "\r\n";
    }
  }
  ReplyReader reader;
  reader.feed(bytes);
  return std::move(*reader.next());
}

constexpr Field kNone = std::nullopt;

std::expected<Turn, Fault> turn_of(const Reply& fields, std::string_view fallback_user = "1") {
  Turn turn;
  if (auto fault = read_turn("abc", 5, fields.view(), fallback_user, turn)) {
    return std::unexpected(std::move(*fault));
  }
  return turn;
}

TEST(ReadTurn, TakesEveryFieldThatRecordWrites) {
  const Reply fields = array_of({"t-1", "7", "ann", "Q", "A", "incomplete", "echo", R"({"a":1})"});
  const auto turn = turn_of(fields);
  ASSERT_TRUE(turn.has_value());
  Turn expected{.session_id = "abc", .turn_id = "t-1", .timestamp_us = 5, .seq = 7, .user_id = "ann"};
  expected.question = "Q";
  expected.answer = "A";
  expected.status = TurnStatus::incomplete;
  expected.model = "echo";
  expected.details = R"({"a":1})";
  EXPECT_EQ(*turn, expected);
}

TEST(ReadTurn, NeedsOnlyQuestionAndAnswer) {
  const Reply fields = array_of({kNone, kNone, kNone, "Q", "", kNone, kNone});
  const auto turn = turn_of(fields, "owner");
  ASSERT_TRUE(turn.has_value());
  EXPECT_EQ(turn->turn_id, derived_turn_id("abc", 5));
  EXPECT_EQ(turn->seq, std::nullopt);
  EXPECT_EQ(turn->user_id, "owner");
  EXPECT_EQ(turn->status, TurnStatus::complete);
}

TEST(ReadTurn, PutsSomethingSoundInPlaceOfWhatIsMalformed) {
  const Reply fields = array_of({"no id!", "-3", "bad user", "Q", "A", "odd", "\xff", "[1]"});
  const auto turn = turn_of(fields);
  ASSERT_TRUE(turn.has_value());
  EXPECT_EQ(turn->turn_id, derived_turn_id("abc", 5));
  EXPECT_EQ(turn->seq, std::nullopt);
  EXPECT_EQ(turn->user_id, "1");
  EXPECT_EQ(turn->model, "");
  EXPECT_EQ(turn->details, "");
}

TEST(ReadTurn, NamesTheFieldThatIsMissing) {
  const Reply no_question = array_of({kNone, kNone, kNone, kNone, "A", kNone, kNone});
  const auto first = turn_of(no_question);
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().error_code, "missing_field");
  EXPECT_NE(first.error().reason.find("question"), std::string::npos);
  const Reply no_answer = array_of({kNone, kNone, kNone, "Q", kNone, kNone, kNone});
  EXPECT_NE(turn_of(no_answer).error().reason.find("answer"), std::string::npos);
}

TEST(ReadTurn, RefusesTextThatIsNotUtf8) {
  const Reply fields = array_of({kNone, kNone, kNone, "Q", "\xed\xa0\x80", kNone, kNone});
  const auto turn = turn_of(fields);
  ASSERT_FALSE(turn.has_value());
  EXPECT_EQ(turn.error().error_code, "invalid_utf8");
}

TEST(ReadOwnData, ToleratesWhatIsAbsentOrOfAnotherType) {
  const OwnData own = read_own_data("abc", ReplyView(), ReplyView());
  EXPECT_EQ(own.session, Session{.session_id = "abc"});
  EXPECT_FALSE(own.unsynced);
}

TEST(ReadOwnData, ReadsTheMetaOfASession) {
  const Reply meta = array_of({"ann", "Tiêu đề", "5", "6", "1"});
  const Reply count = array_of({"12"});
  const OwnData own = read_own_data("abc", meta.view(), count[0]);
  EXPECT_EQ(own.session, (Session{"abc", "ann", "Tiêu đề", 12, 5, 6}));
  EXPECT_TRUE(own.unsynced);
}

TEST(HashPayload, KeepsEveryByte) {
  const Reply fields = array_of({"question", "a \"b\"", "raw", "\xff\xfe", "\xff", "x"});
  EXPECT_EQ(
      hash_payload("session:abc:msg:1", fields.view()),
      R"({"key":"session:abc:msg:1","fields":{"question":"a \"b\"","raw":{"base64":"//4="},"hex:ff":"x"}})");
}

TEST(HashPayload, OfNothingIsAnEmptyObject) {
  EXPECT_EQ(hash_payload("k", ReplyView()), R"({"key":"k","fields":{}})");
}

TEST(DumpPayload, TellsTheTypeAndHoldsTheDump) {
  const Reply dump = array_of({"\x01\xff"});
  EXPECT_EQ(dump_payload("k", "list", dump[0]), R"({"key":"k","type":"list","dump":{"base64":"Af8="}})");
}

}  // namespace
}  // namespace chatsync::redis

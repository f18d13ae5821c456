#include "chat/turn_json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chatsync {
namespace {

using namespace std::string_literals;

Turn make_turn() {
  return {.session_id = "abc",
          .turn_id = "turn-1",
          .timestamp_us = 1'795'404'720'123'456,
          .seq = 7,
          .user_id = "1",
          .question = "Xin chào \"bạn\"\n\t\\ 😀",
          .answer = "zero \0 byte, escape \x1b, delete \x7f"s,
          .status = TurnStatus::incomplete,
          .model = "echo"};
}

TEST(HistoryEntry, ComesBackByteForByte) {
  EXPECT_EQ(parse_history_entry("abc", history_entry(make_turn())), make_turn());
}

TEST(HistoryEntry, ComesBackByteForByteWithEveryAsciiCharacter) {
  Turn turn = make_turn();
  turn.question.clear();
  for (int c = 0; c < 128; ++c) turn.question += static_cast<char>(c);
  EXPECT_EQ(parse_history_entry("abc", history_entry(turn)), turn);
}

TEST(HistoryEntry, LeavesTheSeqOutOfATurnThatHasNone) {
  Turn turn = make_turn();
  turn.seq.reset();
  EXPECT_EQ(history_entry(turn).find("seq"), std::string::npos);
  EXPECT_EQ(parse_history_entry("abc", history_entry(turn)), turn);
}

TEST(HistoryEntry, BeginsWithSeqAndTimeAsTheCacheNeedsThem) {
  EXPECT_TRUE(
      history_entry(make_turn()).starts_with(R"({"seq":7,"created_at":1795404720123456,"turn_id":"turn-1")"));
}

TEST(HistoryEntry, OfAnotherProgramNeedsOnlyQuestionAndAnswer) {
  const auto turn = parse_history_entry("abc", R"({"question":"hi","answer":"ho","extra":[1]})");
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->question, "hi");
  EXPECT_EQ(turn->answer, "ho");
  EXPECT_FALSE(turn->seq);
  EXPECT_EQ(turn->status, TurnStatus::complete);
}

TEST(HistoryEntry, OfAnotherFormIsNoTurn) {
  EXPECT_FALSE(parse_history_entry("abc", "hello"));
  EXPECT_FALSE(parse_history_entry("abc", R"(["question","answer"])"));
  EXPECT_FALSE(parse_history_entry("abc", R"({"question":"hi"})"));
  EXPECT_FALSE(parse_history_entry("abc", R"({"question":1,"answer":"ho"})"));
}

TEST(JsonString, EscapesWhatNeedsItWhereverItStandsAndNothingElse) {
  const std::vector<std::pair<char, std::string>> escapes{
      {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\0', "\\u0000"}, {'\x1f', "\\u001f"}};
  for (const char filler : {'x', ' ', '!', '#', '[', ']', '\x7f'}) {
    for (std::size_t before = 0; before < 40; ++before) {
      for (std::size_t after = 0; after < 70; ++after) {
        for (const auto& [raw, escaped] : escapes) {
          const std::string head(before, filler), tail(after, filler);
          std::string out;
          append_json_string(out, head + raw + tail);
          ASSERT_EQ(out, '"' + head + escaped + tail + '"');
        }
      }
    }
  }
  const std::string beyond_ascii = "Xin chào! 🚀 Hộp thư đến của bạn";
  std::string out;
  append_json_string(out, beyond_ascii);
  EXPECT_EQ(out, '"' + beyond_ascii + '"');
}

TEST(Iso8601, ShowsMicrosecondsInUtc) {
  EXPECT_EQ(to_iso8601(1'795'404'720'000'456), "2026-11-23T03:32:00.000456Z");
  EXPECT_EQ(to_iso8601(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(951'868'799'999'999), "2000-02-29T23:59:59.999999Z");
  EXPECT_EQ(to_iso8601(253'402'300'799'999'999), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_iso8601(253'402'300'800'000'000), "10000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Utf8, AcceptsEveryLengthOfSequence) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\0b"s));
  EXPECT_TRUE(is_utf8("é ế 😀 \U0010FFFF"));
}

TEST(Utf8, RefusesWhatIsMalformedWhereverItStands) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t after = 0; after < 70; ++after) {
      const std::string head(before, 'x'), tail(after, 'x');
      EXPECT_TRUE(is_utf8(head + "ế" + tail));
      EXPECT_FALSE(is_utf8(head + "\xE1\xBA" + tail));
    }
  }
}

TEST(Utf8, RefusesWhatIsMalformed) {
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("\xC3"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_utf8("\xE0\x80\xAF"));      // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(is_utf8("\xFF"));
}

}  // namespace
}  // namespace chatsync

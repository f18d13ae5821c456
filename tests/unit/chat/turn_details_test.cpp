#include "chat/turn_details.hpp"

#include <gtest/gtest.h>

#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

TEST(TurnDetails, SayWhatIsKnown) {
  const Answer answer{.finish_reason = "tool_calls",
                      .prompt_tokens = 3,
                      .completion_tokens = 5,
                      .message = R"({"role":"assistant","tool_calls":[]})"};
  EXPECT_EQ(turn_details(answer, R"([{"role":"user"}])", std::chrono::milliseconds(812)),
            R"({"latency_ms":812,"finish_reason":"tool_calls","prompt_tokens":3,"completion_tokens":5,)"
            R"("asked":[{"role":"user"}],"message":{"role":"assistant","tool_calls":[]}})");
  EXPECT_EQ(turn_details({}, "", std::chrono::milliseconds(0)), R"({"latency_ms":0})");
}

TEST(TurnDetails, AreAJsonObjectOrNothing) {
  EXPECT_EQ(details_or_nothing(R"( {"a" : 1.50} )"), R"( {"a" : 1.50} )");
  for (const char* text : {"", "[]", "1", "{", "nonsense", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(details_or_nothing(text), "") << text;
  }
}

TEST(TurnDetails, ComeBackOutOfAHistoryEntry) {
  Turn turn{.session_id = "s", .turn_id = "t", .timestamp_us = 5, .seq = 7, .user_id = "1"};
  turn.question = "?";
  turn.answer = "!";
  turn.details = R"({"asked":[{"content":"\"x\\ny\" 😀"}]})";
  const std::string entry = history_entry(turn);
  EXPECT_EQ(parse_history_entry("s", entry), turn);
  // Also in a form that is not just our own.
  EXPECT_EQ(parse_history_entry("s", " " + entry), turn);
}

TEST(TurnDetails, OfAHistoryEntryAreLeftOutWhereTheyAreNone) {
  Turn turn{.session_id = "s", .turn_id = "t", .timestamp_us = 5, .user_id = "1"};
  turn.question = "?";
  turn.answer = "!";
  turn.details = "nonsense";
  const std::string entry = history_entry(turn);
  turn.details = "";
  EXPECT_EQ(parse_history_entry("s", entry), turn);
  EXPECT_EQ(parse_history_entry("s", " " + entry), turn);
}

}  // namespace
}  // namespace chatsync

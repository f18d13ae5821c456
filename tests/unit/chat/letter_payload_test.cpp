#include "chat/letter_payload.hpp"

#include <gtest/gtest.h>

#include "chat/ids.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

Turn some_turn() {
  return {.session_id = "s",
          .turn_id = "t-1",
          .timestamp_us = 1'795'392'000'001'000,
          .seq = 7,
          .user_id = "ann",
          .question = std::string("zero \0 hỏi", 12),
          .answer = "đáp \"x\"",
          .status = TurnStatus::incomplete,
          .model = "echo"};
}

DeadLetter letter(std::string payload, std::string key = "session:s:msg:1795392000001000") {
  return {.session_id = "s", .key = std::move(key), .payload = std::move(payload)};
}

std::string refusal(const DeadLetter& dead_letter) {
  const auto turn = turn_in_letter(dead_letter);
  return turn ? "a turn" : turn.error().message;
}

TEST(LetterPayload, GivesATurnBackAsItWas) {
  const auto turn = turn_in_letter(letter(history_entry(some_turn())));
  ASSERT_TRUE(turn);
  EXPECT_EQ(*turn, some_turn());
}

TEST(LetterPayload, MakesATurnOfAForeignMessage) {
  const auto turn = turn_in_letter(letter(
      R"({"key":"session:s:msg:1795392000001000","fields":{"question":"q","answer":"a","seq":"4","user_id":"bob",)"
      R"("turn_id":"own","status":"incomplete","model":"m","details":"{}"}})"));
  ASSERT_TRUE(turn);
  EXPECT_EQ(*turn,
            (Turn{"s", "own", 1'795'392'000'001'000, 4, "bob", "q", "a", TurnStatus::incomplete, "m", "{}"}));
}

TEST(LetterPayload, DerivesWhatAForeignMessageLacks) {
  const auto turn = turn_in_letter(
      letter(R"({"fields":{"question":"q","answer":"a","turn_id":"no id!","user_id":"no user!"}})"));
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->turn_id, derived_turn_id("s", 1'795'392'000'001'000));
  EXPECT_EQ(turn->user_id, "");
  EXPECT_FALSE(turn->seq);
}

TEST(LetterPayload, SaysWhyThereIsNoTurnInIt) {
  EXPECT_EQ(refusal(letter("no JSON")), "its payload is not a JSON object");
  EXPECT_EQ(refusal(letter("[]")), "its payload is not a JSON object");
  EXPECT_EQ(refusal(letter(R"({"key":"k","type":"list","dump":"x"})")),
            "the message was of a type that holds no turn");
  EXPECT_EQ(refusal(letter(R"({"fields":{"question":"q"}})")), "it has no answer that is UTF-8");
  EXPECT_EQ(refusal(letter(R"({"fields":{"question":{"base64":"/w=="},"answer":"a"}})")),
            "it has no question that is UTF-8");
  EXPECT_EQ(refusal(letter(R"({"fields":{"question":"q","answer":"a"}})", "session:s:msg:12x")),
            "its key does not end in a time stamp");
  EXPECT_EQ(refusal(letter(R"({"question":"q","answer":"a"})")), "it has no time stamp");
  EXPECT_EQ(refusal(letter(R"({"question":"q"})")), "it has no question and answer");
  DeadLetter nameless = letter(history_entry(some_turn()));
  nameless.session_id = "no id!";
  EXPECT_EQ(refusal(nameless), "its session id is not valid");
}

TEST(LetterPayload, TellsTheNumberOfEveryForm) {
  EXPECT_EQ(seq_in_payload(history_entry(some_turn())), 7);
  EXPECT_EQ(seq_in_payload(R"({"key":"k","fields":{"seq":"12"}})"), 12);
  EXPECT_FALSE(seq_in_payload(R"({"key":"k","fields":{"seq":"12a"}})"));
  EXPECT_FALSE(seq_in_payload(R"({"key":"k","fields":{"seq":{"base64":"/w=="}}})"));
  EXPECT_FALSE(seq_in_payload(R"({"seq":0})"));
  EXPECT_FALSE(seq_in_payload(R"({"key":"k","type":"list","dump":"x"})"));
  EXPECT_FALSE(seq_in_payload("\xff"));
  EXPECT_FALSE(seq_in_payload(""));
}

}  // namespace
}  // namespace chatsync

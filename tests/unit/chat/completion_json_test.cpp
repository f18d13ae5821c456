#include "chat/completion_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace chatsync {
namespace {

Turn turn_of(std::string question, std::string answer) {
  return {.question = std::move(question), .answer = std::move(answer)};
}

std::vector<std::string> questions_of(const std::vector<Turn>& turns) {
  std::vector<std::string> questions;
  for (const Turn& turn : turns) questions.push_back(turn.question);
  return questions;
}

using Questions = std::vector<std::string>;

TEST(HistoryBudget, KeepsTheNewestTurns) {
  const auto kept =
      within_budget({turn_of("1", "a"), turn_of("2", "b"), turn_of("3", "c")}, {.turns = 2, .tokens = 100});
  EXPECT_EQ(questions_of(kept), (Questions{"2", "3"}));
}

TEST(HistoryBudget, StopsAtTheFirstTurnThatDoesNotFit) {
  const std::string long_text(400, 'x');
  const auto kept = within_budget({turn_of("1", "a"), turn_of("2", long_text), turn_of("3", "c")},
                                  {.turns = 10, .tokens = 50});
  EXPECT_EQ(questions_of(kept), Questions{"3"});
}

TEST(HistoryBudget, LeavesTurnsWithoutAnAnswerOut) {
  EXPECT_EQ(questions_of(within_budget({turn_of("1", "a"), turn_of("2", "")}, {})), Questions{"1"});
}

TEST(HistoryBudget, MayBeNothing) {
  EXPECT_TRUE(within_budget({turn_of("1", "a")}, {.turns = 0}).empty());
  EXPECT_TRUE(within_budget({turn_of("1", "a")}, {.tokens = 0}).empty());
}

TEST(CompletionRequest, LeavesOutWhatIsNotSet) {
  EXPECT_EQ(completion_request({.text = "a\n\"b\""}, {}),
            R"({"messages":[{"role":"user","content":"a\n\"b\""}]})");
}

TEST(Completion, IsReadWithModelReasonAndTokens) {
  const auto answer = read_completion(R"({"model":"m","choices":[{"index":0,"finish_reason":"length",
      "message":{"role":"assistant","content":"hi","refusal":null,"annotations":[]}}],
      "usage":{"prompt_tokens":7,"completion_tokens":2}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "hi");
  EXPECT_EQ(answer->model, "m");
  EXPECT_EQ(answer->finish_reason, "length");
  EXPECT_EQ(answer->prompt_tokens, 7);
  EXPECT_EQ(answer->completion_tokens, 2);
  EXPECT_EQ(answer->message, "");
}

TEST(Completion, KeepsTheMessageWhereTextIsNotAllOfIt) {
  const auto answer = read_completion(R"({"choices":[{"message":{"role":"assistant","content":null,
      "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "");
  EXPECT_EQ(boost::json::parse(answer->message).at("tool_calls").at(0).at("id"), "c1");
  EXPECT_EQ(answer->prompt_tokens, std::nullopt);
}

TEST(Completion, JoinsTheTextsOfAMessageInParts) {
  const auto answer = read_completion(
      R"({"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}}]})");
  EXPECT_EQ(answer->text, "a\nb");
  EXPECT_FALSE(answer->message.empty());
}

TEST(Completion, TakesARefusalForTheText) {
  const auto answer = read_completion(R"({"choices":[{"message":{"content":null,"refusal":"no"}}]})");
  EXPECT_EQ(answer->text, "no");
  EXPECT_FALSE(answer->message.empty());
}

TEST(Completion, IsRefusedWhereThereIsNoAnswer) {
  for (const char* body :
       {"", "null", "{}", R"({"choices":[]})", R"({"choices":[{}]})", R"({"choices":[1]})"}) {
    const auto answer = read_completion(body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().kind, ErrorKind::model_failed);
  }
}

}  // namespace
}  // namespace chatsync

#include "chat/turn_completion.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "chat/completion_assembler.hpp"
#include "chat/completion_json.hpp"

namespace chatsync {
namespace {

Turn turn_with(std::string details) {
  return {.turn_id = "t",
          .timestamp_us = 1'700'000'000'123'456,
          .answer = "Xin chào",
          .model = "m",
          .details = std::move(details)};
}

TEST(TurnCompletion, SaysWhatTheTurnDoes) {
  const Turn turn = turn_with(R"({"finish_reason":"length","prompt_tokens":2,"completion_tokens":3})");
  const auto answer = read_completion(completion_of(turn));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "Xin chào");
  EXPECT_EQ(answer->model, "m");
  EXPECT_EQ(answer->finish_reason, "length");
  EXPECT_EQ(answer->completion_tokens, 3);
  EXPECT_EQ(boost::json::parse(completion_of(turn)).at("created"), 1'700'000'000);
}

TEST(TurnCompletion, StopsWhereNothingElseIsKnown) {
  EXPECT_EQ(read_completion(completion_of(turn_with("")))->finish_reason, "stop");
  EXPECT_EQ(usage_chunk(turn_with("")), "");
}

TEST(TurnCompletion, GivesTheChunksOfAStream) {
  const Turn turn = turn_with(
      R"({"finish_reason":"tool_calls","prompt_tokens":2,"completion_tokens":3,"message":{"role":"assistant","content":"Xin chào","tool_calls":[{"id":"c","function":{"name":"f"}}]}})");
  CompletionAssembler assembler;
  for (const std::string& chunk : {text_chunk(turn, "Xin "), text_chunk(turn, "chào"), last_chunk(turn)}) {
    EXPECT_EQ(assembler.add(chunk), CompletionAssembler::Chunk::part);
  }
  EXPECT_EQ(assembler.add(usage_chunk(turn)), CompletionAssembler::Chunk::usage);
  EXPECT_TRUE(assembler.finished());
  EXPECT_EQ(assembler.text(), "Xin chào");
  EXPECT_EQ(boost::json::parse(assembler.tool_calls()),
            boost::json::parse(R"([{"id":"c","function":{"name":"f"}}])"));
  EXPECT_EQ(assembler.answer().completion_tokens, 3);
}

}  // namespace
}  // namespace chatsync

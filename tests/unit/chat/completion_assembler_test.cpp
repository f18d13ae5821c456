#include "chat/completion_assembler.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace chatsync {
namespace {

namespace json = boost::json;
using Chunk = CompletionAssembler::Chunk;

std::string delta(const std::string& members) {
  return R"({"choices":[{"index":0,"delta":{)" + members + "}}]}";
}

Answer assemble(const std::vector<std::string>& chunks) {
  CompletionAssembler assembler;
  for (const std::string& chunk : chunks) {
    const auto added = assembler.add(chunk);
    EXPECT_TRUE(added) << chunk;
  }
  return assembler.answer();
}

TEST(CompletionAssembler, PutsTextTogether) {
  const Answer answer = assemble({delta(R"("role":"assistant","content":"")"), delta(R"("content":"Xin ")"),
                                  delta(R"("content":"chào")"), delta("")});
  EXPECT_EQ(answer.text, "Xin chào");
  EXPECT_EQ(answer.message, "");
}

TEST(CompletionAssembler, TakesModelReasonAndTokensFromWhereTheyStand) {
  CompletionAssembler assembler;
  EXPECT_EQ(assembler.add(R"({"model":"m-1","choices":[{"index":0,"delta":{"content":"a"}}],"usage":null})"),
            Chunk::part);
  EXPECT_FALSE(assembler.finished());
  EXPECT_EQ(assembler.add(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"), Chunk::part);
  EXPECT_TRUE(assembler.finished());
  EXPECT_EQ(assembler.add(R"({"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":9}})"),
            Chunk::usage);
  const Answer answer = assembler.answer();
  EXPECT_EQ(answer.model, "m-1");
  EXPECT_EQ(answer.finish_reason, "stop");
  EXPECT_EQ(answer.prompt_tokens, 4);
  EXPECT_EQ(answer.completion_tokens, 9);
}

TEST(CompletionAssembler, PutsToolCallsTogetherByTheirPlaces) {
  const Answer answer = assemble(
      {delta(
           R"("role":"assistant","content":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}])"),
       delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}])"),
       delta(
           R"("tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}])"),
       delta(R"("tool_calls":[{"index":0,"id":"a","type":"function","function":{"arguments":"1}"}}])")});
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(json::parse(answer.message), json::parse(R"({"role":"assistant","content":null,"tool_calls":[
      {"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
      {"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]})"));
}

TEST(CompletionAssembler, KeepsFieldsItDoesNotKnow) {
  const Answer answer = assemble({delta(R"("reasoning_content":"Let me ","content":null)"),
                                  delta(R"("reasoning_content":"see","extra":{"a":"1"})"),
                                  delta(R"("content":"42","extra":{"a":"2","n":3})")});
  EXPECT_EQ(answer.text, "42");
  EXPECT_EQ(json::parse(answer.message),
            json::parse(R"({"reasoning_content":"Let me see","content":"42","extra":{"a":"12","n":3}})"));
}

TEST(CompletionAssembler, KeepsTheFirstOfSeveralChoices) {
  const Answer answer =
      assemble({delta(R"("content":"a")"),
                R"({"choices":[{"index":1,"delta":{"content":"z"},"finish_reason":"stop"}]})",
                delta(R"("content":"b")")});
  EXPECT_EQ(answer.text, "ab");
  EXPECT_EQ(answer.finish_reason, "");
}

TEST(CompletionAssembler, HandsTheServersErrorOn) {
  CompletionAssembler assembler;
  ASSERT_TRUE(assembler.add(delta(R"("content":"so far")")));
  const auto broken = assembler.add(R"({"error":{"message":"out of memory","code":500}})");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::model_failed);
  EXPECT_NE(broken.error().message.find("out of memory"), std::string::npos);
  EXPECT_EQ(assembler.answer().text, "so far");
}

TEST(CompletionAssembler, RefusesWhatIsNoChunk) {
  CompletionAssembler assembler;
  for (const char* data : {"", "[1]", "{", "nonsense"}) EXPECT_FALSE(assembler.add(data)) << data;
}

TEST(CompletionAssembler, TakesOddButHarmlessChunks) {
  EXPECT_EQ(assemble({"{}", R"({"choices":[]})", R"({"choices":null})", R"({"choices":[{"index":0}]})",
                      R"({"choices":[{"delta":null}]})", R"({"choices":["x"]})"})
                .text,
            "");
}

}  // namespace
}  // namespace chatsync

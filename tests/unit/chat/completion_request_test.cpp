#include "chat/completion_request.hpp"

#include <gtest/gtest.h>

namespace chatsync {
namespace {

CompletionRequest read(std::string body) {
  auto request = read_completion_request(std::move(body));
  EXPECT_TRUE(request) << request.error().message;
  return request ? std::move(*request) : CompletionRequest{};
}

std::string changed(std::string body, const RequestChanges& changes) {
  return changed_body(read(std::move(body)), changes);
}

RequestChanges with_history() {
  return {.history = {{.question = "old \"?\"", .answer = "old!"}, {.question = "b", .answer = "c"}}};
}

TEST(CompletionRequest, KnowsALoneQuestion) {
  for (const char* body :
       {R"({"messages":[{"role":"user","content":"hi"}]})",
        R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]})",
        R"({"messages":[{"role":"developer","content":"s"},{"content":"hi","role":"user"}]})"}) {
    const auto request = read(body);
    EXPECT_TRUE(request.lone_question) << body;
    EXPECT_EQ(request.question, "hi") << body;
    EXPECT_EQ(request.asked, "") << body;
  }
}

TEST(CompletionRequest, KnowsAConversation) {
  const auto request = read(
      R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]})");
  EXPECT_FALSE(request.lone_question);
  EXPECT_EQ(request.question, "c");
  EXPECT_EQ(request.asked, "");
}

TEST(CompletionRequest, KeepsWhatWasAskedWhereTextIsNotAllOfIt) {
  const auto tools = read(
      R"({"messages":[{"role":"user","content":"sum?"}, {"role":"assistant","tool_calls":[]},{"role":"tool","content":"3"} ]})");
  EXPECT_EQ(tools.question, "sum?");
  EXPECT_FALSE(tools.lone_question);
  EXPECT_EQ(
      tools.asked,
      R"([{"role":"user","content":"sum?"}, {"role":"assistant","tool_calls":[]},{"role":"tool","content":"3"}])");
  const std::string image =
      R"({"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"http://x"}}]})";
  const auto parts = read(R"({"messages":[)" + image + "]}");
  EXPECT_EQ(parts.question, "what?");
  EXPECT_TRUE(parts.lone_question);
  EXPECT_EQ(parts.asked, "[" + image + "]");
}

TEST(CompletionRequest, ReadsWhatConcernsUs) {
  const auto request =
      read(R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"user":"ann",
      "metadata":{"session_id":"s"},"messages":[{"role":"user","content":"a"}]})");
  EXPECT_TRUE(request.stream && request.wants_usage && request.names_model);
  EXPECT_EQ(request.user, "ann");
  EXPECT_EQ(request.session_id, "s");
  const auto bare = read(R"({"messages":[{"role":"assistant","content":"a"}]})");
  EXPECT_FALSE(bare.stream || bare.wants_usage || bare.names_model || bare.has_question);
}

TEST(CompletionRequest, MustHaveMessages) {
  for (const char* body : {R"({})", R"({"messages":[]})", R"({"messages":"hi"})"}) {
    const auto request = read_completion_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().param, "messages");
  }
  for (const char* body : {"", "[]", "{", "\"\xFF\""}) {
    const auto request = read_completion_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, "invalid_json");
  }
}

TEST(CompletionRequest, TakesOddMessagesAsTheyAre) {
  EXPECT_FALSE(read(R"({"messages":[1,null,{"role":7}]})").has_question);
  EXPECT_EQ(read(R"({"messages":[{"role":"user"}]})").question, "");
}

TEST(ChangedBody, IsTheSameByteForByteWithoutChanges) {
  const std::string body =
      " {\"x\" : 1.50,\n \"messages\": [ {\"role\":\"user\",\"content\":\"\\u00e9\"} ] } ";
  EXPECT_EQ(changed(body, {}), body);
}

TEST(ChangedBody, PutsTheHistoryBeforeALoneQuestion) {
  EXPECT_EQ(
      changed(
          R"({"n":1.0,"messages":[{"role":"system","content":"s"}, {"role":"user","content":"q"}],"x":[]})",
          with_history()),
      R"({"n":1.0,"messages":[{"role":"system","content":"s"}, {"role":"user","content":"old \"?\""},)"
      R"({"role":"assistant","content":"old!"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},)"
      R"({"role":"user","content":"q"}],"x":[]})");
}

TEST(ChangedBody, LeavesAConversationAlone) {
  const std::string body =
      R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]})";
  EXPECT_EQ(changed(body, with_history()), body);
}

TEST(ChangedBody, AsksForTheTokenCountsOnce) {
  const RequestChanges usage{.ask_for_usage = true};
  const auto with = [](const std::string& options) {
    return R"({"messages":[{"role":"user","content":"a"}])" + options + "}";
  };
  EXPECT_EQ(changed(with(""), usage),
            R"({"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"a"}]})");
  EXPECT_EQ(changed(with(R"(,"stream_options":null)"), usage),
            with(R"(,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(changed(with(R"(,"stream_options":{})"), usage),
            with(R"(,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(changed(with(R"(,"stream_options":{"a":1})"), usage),
            with(R"(,"stream_options":{"include_usage":true,"a":1})"));
  EXPECT_EQ(changed(with(R"(,"stream_options":{"include_usage":false})"), usage),
            with(R"(,"stream_options":{"include_usage":true})"));
  const std::string asked = with(R"(,"stream_options":{"include_usage":true})");
  EXPECT_EQ(changed(asked, usage), asked);
}

TEST(ChangedBody, NamesTheDefaultModelWhereNoneIsNamed) {
  const RequestChanges model{.default_model = "m\"1"};
  EXPECT_EQ(changed(R"({"messages":[{"role":"user","content":"a"}]})", model),
            R"({"model":"m\"1","messages":[{"role":"user","content":"a"}]})");
  const std::string named = R"({"model":"x","messages":[{"role":"user","content":"a"}]})";
  EXPECT_EQ(changed(named, model), named);
}

}  // namespace
}  // namespace chatsync

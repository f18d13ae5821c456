#include "chat/response_request.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace chatsync {
namespace {

namespace json = boost::json;

ResponseRequest read(std::string_view body) {
  auto request = read_response_request(body);
  EXPECT_TRUE(request) << request.error().message << " " << request.error().param;
  return request ? std::move(*request) : ResponseRequest{};
}

std::string param_of(std::string_view body) {
  const auto request = read_response_request(body);
  return request ? "no error" : request.error().param;
}

json::value asked(std::string_view body, std::string_view history = {}) {
  return json::parse(completion_body(read(body), history));
}

TEST(ResponseRequest, BecomesAChatCompletion) {
  EXPECT_EQ(asked(R"({"model":"m","input":"hi","instructions":"be brief"})"),
            json::parse(R"({"model":"m","messages":[{"role":"system","content":"be brief"},
                                                    {"role":"user","content":"hi"}]})"));
}

TEST(ResponseRequest, HasTheHistoryBetweenInstructionsAndInput) {
  EXPECT_EQ(
      asked(R"({"input":"hi","instructions":"i"})", R"({"role":"user","content":"old"})").at("messages"),
      json::parse(R"([{"role":"system","content":"i"},{"role":"user","content":"old"},
                            {"role":"user","content":"hi"}])"));
}

TEST(ResponseRequest, AsksForTheTokensOfAStream) {
  EXPECT_EQ(asked(R"({"input":"hi","stream":true})"),
            json::parse(R"({"messages":[{"role":"user","content":"hi"}],"stream":true,
                            "stream_options":{"include_usage":true}})"));
}

TEST(ResponseRequest, TranslatesWhatHasAnotherNameOrForm) {
  const json::value body = asked(R"({"input":"hi","max_output_tokens":5,"reasoning":{"effort":"low"},
      "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{"a":1.50}}},
      "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":null}],
      "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,
      "temperature":0.10,"metadata":{"a":"b"},"include":[],"store":false,"top_k":3})");
  EXPECT_EQ(body, json::parse(R"({"messages":[{"role":"user","content":"hi"}],
      "max_completion_tokens":5,"reasoning_effort":"low","verbosity":"low",
      "response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"a":1.5}}},
      "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
      "tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,
      "temperature":0.1,"top_k":3})"));
}

TEST(ResponseRequest, LeavesOutWhatIsNullOrOfNoUseWithoutTools) {
  EXPECT_EQ(asked(R"({"input":"hi","model":null,"temperature":null,"parallel_tool_calls":true,"tools":[],
                      "previous_response_id":null,"conversation":null,"stream":null})"),
            json::parse(R"({"messages":[{"role":"user","content":"hi"}]})"));
}

TEST(ResponseRequest, NamesTheFieldAtFault) {
  EXPECT_EQ(param_of("{}"), "input");
  EXPECT_EQ(param_of(R"({"input":""})"), "no error");
  EXPECT_EQ(param_of(R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"web_search"}]})"),
            "tools[1].type");
  EXPECT_EQ(param_of(R"({"input":"x","tool_choice":{"type":"web_search"}})"), "tool_choice");
  EXPECT_EQ(param_of(R"({"input":"x","background":true})"), "background");
  EXPECT_EQ(param_of(R"({"input":"x","prompt":{"id":"p"}})"), "prompt");
  EXPECT_EQ(param_of(R"({"input":"x","text":{"format":{"type":"xml"}}})"), "text.format.type");
  EXPECT_EQ(param_of(R"({"input":"x","stream":"yes"})"), "stream");
  EXPECT_EQ(param_of(R"({"input":"x","metadata":[]})"), "metadata");
  EXPECT_EQ(param_of(R"({"input":"x","conversation":7})"), "conversation");
  EXPECT_EQ(param_of(R"({"input":"x","previous_response_id":"r","conversation":"c"})"), "conversation");
}

TEST(ResponseRequest, RefusesWhatIsNoObject) {
  for (const char* body : {"", "[]", "{", "\"x\"", "{\"input\":\"\xff\"}"}) {
    const auto request = read_response_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, "invalid_json") << body;
  }
}

TEST(ResponseRequest, TellsWhereItBelongs) {
  const auto request = read(R"({"input":"x","conversation":{"id":"c"},"metadata":{"session_id":"s"},
                                "safety_identifier":"ann"})");
  EXPECT_EQ(request.conversation, "c");
  EXPECT_EQ(request.session_id, "s");
  EXPECT_EQ(request.user, "ann");
  EXPECT_TRUE(request.store);
}

TEST(ResponseRequest, KeepsWhatTheResponseRepeatsByteForByte) {
  const auto request = read(R"({"input":"x","temperature":0.10,"store":true,"metadata":{"a": "b"}})");
  EXPECT_EQ(request.shown, R"({"temperature":0.10,"metadata":{"a": "b"}})");
  EXPECT_EQ(response_details(request, request.input),
            R"("response":{"temperature":0.10,"metadata":{"a": "b"}})");
}

TEST(ResponseRequest, KeepsInputThatIsMoreThanOneText) {
  const auto request = read(R"({"input":[{"type":"function_call_output","call_id":"c","output":"5"}]})");
  EXPECT_EQ(response_details(request, request.input),
            R"("input":[{"type":"function_call_output","call_id":"c","output":"5"}],"response":{})");
  EXPECT_EQ(question_of(request.input), "5");
}

TEST(ResponseRequest, HasTheLastMessageOfTheUserAsItsQuestion) {
  const auto request = read(R"({"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},
      {"role":"user","content":[{"type":"input_text","text":"c"},{"type":"input_text","text":"d"}]}]})");
  EXPECT_EQ(question_of(request.input), "c\nd");
  EXPECT_TRUE(is_conversation(request.input));
  EXPECT_EQ(own_part(request.input).size(), 1U);
  EXPECT_FALSE(is_conversation(own_part(request.input)));
}

}  // namespace
}  // namespace chatsync

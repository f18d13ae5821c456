#include "chat/response_events.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <vector>

#include "chat/response_object.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

constexpr const char* kTurnId = "01a206a6-671c-7f0a-9ddb-31c67ea2aa73";
constexpr const char* kKey = "01a206a6671c7f0a9ddb31c67ea2aa73";

Turn asked_turn() {
  return {.session_id = "s",
          .turn_id = kTurnId,
          .timestamp_us = 1'795'407'898'396'940,
          .question = "q",
          .details = R"({"response":{"model":"asked","temperature":0.5}})"};
}

Turn answered_turn() {
  Turn turn = asked_turn();
  turn.answer = "Xin chào!";
  turn.model = "m";
  turn.details =
      R"({"latency_ms":1500,"finish_reason":"stop","prompt_tokens":3,"completion_tokens":4,"response":{}})";
  return turn;
}

Turn calling_turn() {
  Turn turn = asked_turn();
  turn.details = R"({"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[
      {"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}})";
  return turn;
}

json::value object_of(const Turn& turn) {
  std::string out;
  append_response(out, turn);
  return json::parse(out);
}

/// The data of the events, each of which must be named as its type.
std::vector<json::value> events_in(std::string_view text) {
  std::vector<json::value> events;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    const std::string_view event = text.substr(0, end);
    text.remove_prefix(end + 2);
    const std::size_t line = event.find('\n');
    events.push_back(json::parse(event.substr(line + 7)));
    EXPECT_EQ("event: " + std::string(events.back().at("type").as_string()), event.substr(0, line));
  }
  return events;
}

std::string all_of(const Turn& turn, std::int64_t starting_after, std::vector<std::string> pieces = {}) {
  std::string out;
  ResponseEvents events(asked_turn(), starting_after);
  events.append_begin(out);
  for (const std::string& piece : pieces) events.append_text(out, piece);
  events.append_end(out, turn, visible_items(turn));
  return out;
}

std::vector<std::string> types_of(const std::vector<json::value>& events) {
  std::vector<std::string> types;
  for (const json::value& event : events) types.emplace_back(event.at("type").as_string());
  return types;
}

TEST(ResponseObject, IsThatOfAnAnsweredTurn) {
  const json::value response = object_of(answered_turn());
  EXPECT_EQ(response.at("id").as_string(), std::string("resp_") + kKey + "s");
  EXPECT_EQ(response.at("object"), "response");
  EXPECT_EQ(response.at("status"), "completed");
  EXPECT_EQ(response.at("created_at"), 1'795'407'898);
  EXPECT_EQ(response.at("completed_at"), 1'795'407'899);
  EXPECT_EQ(response.at("conversation"), json::parse(R"({"id":"s"})"));
  EXPECT_EQ(response.at("model"), "m");
  EXPECT_EQ(response.at("output"),
            json::parse(std::string(R"([{"id":"msg_)") + kKey +
                        R"(_1","status":"completed","type":"message","role":"assistant",
                            "content":[{"type":"output_text","text":"Xin chào!","annotations":[]}]}])"));
  EXPECT_EQ(response.at("usage").at("total_tokens"), 7);
  EXPECT_TRUE(response.at("error").is_null());
  EXPECT_TRUE(response.at("incomplete_details").is_null());
}

TEST(ResponseObject, RepeatsTheRequest) {
  Turn turn = answered_turn();
  turn.details =
      R"({"response":{"instructions":"i","temperature":0.5,"metadata":{"a":"b"},"previous_response_id":"resp_1"}})";
  const json::value response = object_of(turn);
  EXPECT_EQ(response.at("instructions"), "i");
  EXPECT_EQ(response.at("temperature"), 0.5);
  EXPECT_EQ(response.at("metadata").at("a"), "b");
  EXPECT_EQ(response.at("previous_response_id"), "resp_1");
  EXPECT_TRUE(response.at("top_p").is_null());
}

TEST(ResponseObject, SaysWhyAnAnswerIsNotWhole) {
  Turn turn = answered_turn();
  turn.details = R"({"finish_reason":"length"})";
  EXPECT_EQ(object_of(turn).at("incomplete_details").at("reason"), "max_output_tokens");
  turn.status = TurnStatus::incomplete;
  turn.details = R"({"finish_reason":"model_broke_off"})";
  EXPECT_EQ(object_of(turn).at("status"), "failed");
  EXPECT_EQ(object_of(turn).at("error").at("code"), "server_error");
  EXPECT_EQ(object_of(turn).at("output").at(0).at("status"), "incomplete");
  turn.details = R"({"finish_reason":"cancelled"})";
  EXPECT_EQ(object_of(turn).at("status"), "cancelled");
}

TEST(ResponseObject, OfATurnWithoutASessionIsNotStored) {
  Turn turn = answered_turn();
  turn.session_id.clear();
  EXPECT_EQ(object_of(turn).at("store"), false);
  EXPECT_TRUE(object_of(turn).at("conversation").is_null());
}

TEST(ResponseEvents, TellAnAnswerPieceByPiece) {
  const auto events = events_in(all_of(answered_turn(), -1, {"Xin ", "chào"}));
  EXPECT_EQ(types_of(events),
            (std::vector<std::string>{
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.delta", "response.output_text.done", "response.content_part.done",
                "response.output_item.done", "response.completed"}));
  EXPECT_EQ(events[0].at("response").at("status"), "in_progress");
  EXPECT_EQ(events[0].at("response").at("model"), "asked");
  EXPECT_EQ(events[0].at("response").at("output"), json::array());
  EXPECT_EQ(events[6].at("delta"), "!");
  EXPECT_EQ(events[6].at("item_id").as_string(), std::string("msg_") + kKey + "_1");
  EXPECT_EQ(events[7].at("text"), "Xin chào!");
  EXPECT_EQ(events[9].at("item"), object_of(answered_turn()).at("output").at(0));
  EXPECT_EQ(events[10].at("response"), object_of(answered_turn()));
}

TEST(ResponseEvents, HaveNumbersThatGrow) {
  for (const Turn& turn : {answered_turn(), calling_turn()}) {
    std::int64_t last = -1;
    for (const json::value& event : events_in(all_of(turn, -1))) {
      EXPECT_GT(event.at("sequence_number").as_int64(), last);
      last = event.at("sequence_number").as_int64();
    }
  }
}

TEST(ResponseEvents, GoOnBehindAnyEventHoweverTheTextWasCut) {
  const auto whole = events_in(all_of(answered_turn(), -1, {"X", "in ", "chà", "o!"}));
  for (const json::value& had : whole) {
    const std::int64_t number = had.at("sequence_number").as_int64();
    std::string text;
    for (const json::value& event : whole) {
      if (event.at("type") == "response.output_text.delta" &&
          event.at("sequence_number").as_int64() <= number) {
        text += event.at("delta").as_string();
      }
    }
    const auto rest = events_in(all_of(answered_turn(), number, {"Xin", " chào!"}));
    for (const json::value& event : rest) {
      EXPECT_GT(event.at("sequence_number").as_int64(), number);
      if (event.at("type") == "response.output_text.delta") text += event.at("delta").as_string();
    }
    EXPECT_EQ(text, "Xin chào!") << number;
  }
}

TEST(ResponseEvents, CutNoCharacterInTwo) {
  // Number 3 + 7 is within the à.
  const auto rest = events_in(all_of(answered_turn(), 3 + 7));
  EXPECT_EQ(rest.at(0).at("delta"), "ào!");
}

TEST(ResponseEvents, TellFunctionCalls) {
  const auto events = events_in(all_of(calling_turn(), -1));
  EXPECT_EQ(types_of(events),
            (std::vector<std::string>{"response.created", "response.in_progress",
                                      "response.output_item.added", "response.function_call_arguments.delta",
                                      "response.function_call_arguments.done", "response.output_item.done",
                                      "response.completed"}));
  EXPECT_EQ(events[2].at("item").at("arguments"), "");
  EXPECT_EQ(events[3].at("delta"), R"({"a":1})");
  EXPECT_EQ(events[5].at("item").at("call_id"), "c");
  EXPECT_EQ(events[5].at("item").at("id").as_string(), std::string("fc_") + kKey + "_1");
}

TEST(ResponseEvents, EndWithWhatBecameOfTheAnswer) {
  Turn turn = answered_turn();
  turn.status = TurnStatus::incomplete;
  EXPECT_EQ(types_of(events_in(all_of(turn, -1))).back(), "response.failed");
  turn.details = R"({"finish_reason":"cancelled"})";
  EXPECT_EQ(types_of(events_in(all_of(turn, -1))).back(), "response.incomplete");
}

TEST(ResponseEvents, SayThatNothingCameOfAnAnswer) {
  std::string out;
  ResponseEvents events(asked_turn(), -1);
  events.append_begin(out);
  events.append_failure(out, "it broke off");
  const auto told = events_in(out);
  EXPECT_EQ(told.back().at("type"), "response.failed");
  EXPECT_EQ(told.back().at("sequence_number"), 2);
  EXPECT_EQ(told.back().at("response").at("error").at("message"), "it broke off");
}

}  // namespace
}  // namespace chatsync

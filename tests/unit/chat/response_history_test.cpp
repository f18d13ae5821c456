#include "chat/response_history.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "chat/openai_ids.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

std::vector<Item> read(std::string_view text) { return std::move(*read_items(text, "input")); }

std::vector<std::string> ids_of(const std::vector<Turn>& turns) {
  std::vector<std::string> ids;
  for (const Turn& turn : turns) ids.push_back(turn.turn_id);
  return ids;
}

Turn after(const std::string& id, const std::string& previous) {
  Turn turn{.session_id = "s", .turn_id = id};
  if (!previous.empty()) {
    turn.details = R"({"response":{"previous_response_id":")" + response_id("s", previous) + R"("}})";
  }
  return turn;
}

json::value history_of(std::vector<std::vector<Item>> turns, const char* input, HistoryBudget budget = {}) {
  return json::parse("[" + history_messages(std::move(turns), read(input), budget) + "]");
}

const char* const kCall = R"([{"role":"user","content":"sum?"},
    {"type":"function_call","call_id":"c","name":"f","arguments":"{}"}])";
const char* const kOutput = R"([{"type":"function_call_output","call_id":"c","output":"5"}])";

TEST(ResponseHistory, FollowsTheResponsesThatNameEachOther) {
  EXPECT_EQ(ids_of(branch_of({after("a", ""), after("b", "a"), after("c", "a"), after("d", "c")})),
            (std::vector<std::string>{"a", "c", "d"}));
}

TEST(ResponseHistory, GoesOnFromTheTurnBeforeWhereNoneIsNamed) {
  EXPECT_EQ(ids_of(branch_of({after("a", ""), after("b", ""), after("c", "b")})),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(ResponseHistory, EndsWhereTheTurnsDoNotReach) {
  EXPECT_EQ(ids_of(branch_of({after("b", ""), after("c", "a")})), (std::vector<std::string>{"c"}));
  EXPECT_TRUE(branch_of({}).empty());
}

TEST(ResponseHistory, HasTheLatestTurnsThatTheBudgetAllows) {
  const auto turns = [] {
    return std::vector<std::vector<Item>>{{user_message("a")}, {}, {user_message("b")}, {user_message("c")}};
  };
  EXPECT_EQ(history_of(turns(), "\"x\"", {.turns = 2}),
            json::parse(R"([{"role":"user","content":"b"},{"role":"user","content":"c"}])"));
  EXPECT_EQ(history_of(turns(), "\"x\"", {.tokens = 10}), json::parse(R"([{"role":"user","content":"c"}])"));
}

TEST(ResponseHistory, NeverPartsAnOutputFromItsCall) {
  EXPECT_EQ(history_of({read(kCall)}, kOutput, {.turns = 0}).as_array().size(), 2U);
  EXPECT_EQ(
      history_of({read(kCall), read(kOutput), {user_message("b")}}, "\"x\"", {.turns = 2}).as_array().size(),
      4U);
}

TEST(ResponseHistory, LeavesOutHalvesOfCalls) {
  EXPECT_EQ(history_of({read(kCall)}, "\"never mind\""),
            json::parse(R"([{"role":"user","content":"sum?"}])"));
  EXPECT_EQ(history_of({read(kOutput), {user_message("b")}}, "\"x\""),
            json::parse(R"([{"role":"user","content":"b"}])"));
}

}  // namespace
}  // namespace chatsync

#include "chat/conversation_request.hpp"

#include <gtest/gtest.h>

#include "chat/visible_items.hpp"

namespace chatsync {
namespace {

std::vector<ItemTurn> turns_of(const std::string& items) {
  auto turns = read_items_request(R"({"items":)" + items + "}");
  EXPECT_TRUE(turns) << turns.error().message;
  return turns ? std::move(*turns) : std::vector<ItemTurn>();
}

TEST(ConversationRequest, MakesATurnOfEachMessageOfTheUser) {
  const auto turns = turns_of(R"([{"role":"user","content":"a"},{"role":"assistant","content":"1"},
                                  {"role":"user","content":"b"}])");
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].question, "a");
  EXPECT_EQ(turns[0].answer, "1");
  EXPECT_EQ(turns[0].details, "");
  EXPECT_EQ(turns[1].question, "b");
  EXPECT_EQ(turns[1].answer, "");
  EXPECT_EQ(turns[1].details, "");
}

TEST(ConversationRequest, KeepsItemsThatAreMoreThanTheTwoTexts) {
  const auto turns = turns_of(R"([{"role":"system","content":"s"},{"role":"user","content":"a"},
      {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
      {"type":"function_call_output","call_id":"c","output":"5"},{"role":"assistant","content":"1"}])");
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns[0].answer, "1");
  const TurnItems items =
      items_of({.question = turns[0].question, .answer = turns[0].answer, .details = turns[0].details});
  EXPECT_EQ(items.input_count, 2U);
  EXPECT_EQ(items.items.size(), 5U);
  EXPECT_EQ(items.items.at(2).type, "function_call");
}

TEST(ConversationRequest, NamesTheFieldAtFault) {
  const auto param_of = [](const char* body) {
    const auto request = read_conversation_request(body);
    return request ? "no error" : request.error().param;
  };
  EXPECT_EQ(param_of(" "), "no error");
  EXPECT_EQ(param_of(R"({"items":[],"metadata":null})"), "no error");
  EXPECT_EQ(param_of(R"({"items":[{"role":"assistant","content":"a"}]})"), "items");
  EXPECT_EQ(param_of(R"({"items":[{"id":"msg_1"},{"role":"user","content":"a"}]})"), "items");
  EXPECT_EQ(param_of(R"({"metadata":{"a":1}})"), "metadata");
  EXPECT_EQ(param_of(R"({"title":""})"), "title");
  EXPECT_EQ(param_of(R"({"user":"a b"})"), "user");
  EXPECT_EQ(param_of(R"({"odd":1})"), "odd");
  EXPECT_FALSE(read_conversation_update("{}"));
}

TEST(VisibleItems, AreThoseThatAreNotDeleted) {
  const Turn turn{.turn_id = "t", .question = "q", .answer = "a"};
  const TurnExtras extras{
      .turn_id = "t", .marks = {{.place = {.turn_id = "t", .sibling_id = {}, .item = 1}, .deleted = true}}};
  const auto items = visible_items(turn, &extras);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].id, "msg_xt_0");
  EXPECT_TRUE(items[0].asked);
}

TEST(VisibleItems, AreThoseOfTheNewestAnswer) {
  const Turn turn{.turn_id = "t",
                  .question = "q",
                  .answer = "a",
                  .details = "{" + items_member("input", {user_message("p"), user_message("q")}) + "}"};
  const TurnExtras extras{.turn_id = "t", .siblings = {{.sibling_id = "u", .answer = "b"}}};
  const auto items = visible_items(turn, &extras);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[1].id, "msg_xt_1");
  EXPECT_EQ(items[2].id, "msg_xu_1");
  EXPECT_EQ(text_of(items[2].item), "b");
  EXPECT_EQ(items[2].place, (ItemPlace{.turn_id = "t", .sibling_id = "u", .item = 1}));
}

}  // namespace
}  // namespace chatsync

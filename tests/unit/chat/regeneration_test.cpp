#include "chat/regeneration.hpp"

#include <gtest/gtest.h>

#include "chat/visible_items.hpp"

namespace chatsync {
namespace {

std::string body_of(const Turn& turn, std::string_view history, std::string_view model,
                    std::string_view instructions) {
  std::vector<Item> question;
  for (VisibleItem& item : visible_items(turn)) {
    if (item.asked) question.push_back(std::move(item.item));
  }
  Result<CompletionRequest> request = regeneration_request(turn, question, history, model, instructions);
  return request ? request->body : request.error().message;
}

TEST(Regeneration, AsksTheQuestionAfterTheHistory) {
  const Turn turn{.session_id = "s", .turn_id = "t", .question = "Xin \"chào\"", .answer = "x"};
  EXPECT_EQ(body_of(turn, "", "", ""), R"({"messages":[{"role":"user","content":"Xin \"chào\""}]})");
  EXPECT_EQ(
      body_of(turn, R"({"role":"user","content":"a"})", "m", "be brief"),
      R"({"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a"},)"
      R"({"role":"user","content":"Xin \"chào\""}]})");
}

TEST(Regeneration, KeepsTheInstructionsThatTheTurnWasAskedWith) {
  Turn turn{.session_id = "s", .turn_id = "t", .question = "q", .answer = "a"};
  turn.details = R"({"finish_reason":"stop","response":{"instructions":"rhyme"}})";
  EXPECT_NE(body_of(turn, "", "", "").find("rhyme"), std::string::npos);
  EXPECT_EQ(body_of(turn, "", "", "in prose").find("rhyme"), std::string::npos);
}

TEST(Regeneration, TakesOverWhatTheDetailsSayOfTheQuestion) {
  Turn turn{.session_id = "s", .turn_id = "t", .question = "q", .answer = "a"};
  turn.details =
      R"({"finish_reason":"stop","latency_ms":3,"asked":[{"role":"user"}],"message":{},"response":{"x":1}})";
  EXPECT_EQ(question_details(turn), R"("asked":[{"role":"user"}],"response":{"x":1})");
  turn.details.clear();
  EXPECT_EQ(question_details(turn), "");
}

}  // namespace
}  // namespace chatsync

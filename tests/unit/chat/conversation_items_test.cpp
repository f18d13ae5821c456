#include "chat/conversation_items.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "chat/item_messages.hpp"

namespace chatsync {
namespace {

namespace json = boost::json;

std::vector<Item> read(std::string_view text) {
  auto items = read_items(text, "input");
  EXPECT_TRUE(items) << items.error().message;
  return items ? std::move(*items) : std::vector<Item>();
}

std::string param_of(std::string_view text) {
  const auto items = read_items(text, "input");
  return items ? "no error" : items.error().param;
}

json::value bodies(const std::vector<Item>& items) {
  json::array list;
  for (const Item& item : items) list.push_back(json::parse(item.body));
  return list;
}

json::value messages(const std::vector<Item>& items) {
  std::string text;
  append_messages_of_items(text, items);
  return json::parse("[" + text + "]");
}

constexpr const char* kToolChat = R"([
    {"role":"user","content":[{"type":"text","text":"see"},
        {"type":"image_url","image_url":{"url":"http://a/b","detail":"low"}}]},
    {"role":"assistant","content":"looking","tool_calls":[
        {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
        {"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"one"},
    {"role":"tool","tool_call_id":"c2","content":"two"}])";

TEST(ConversationItems, ReadAStringAsAMessageOfTheUser) {
  EXPECT_EQ(
      bodies(read(R"("h\"i")")),
      json::parse(R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"h\"i"}]}])"));
}

TEST(ConversationItems, ReadMessagesWithAndWithoutTheirType) {
  EXPECT_EQ(bodies(read(R"([{"role":"assistant","content":"a"},
                            {"type":"message","id":"msg_1","status":"completed","role":"user",
                             "content":[{"type":"input_text","text":"b"}]}])")),
            json::parse(R"([{"type":"message","role":"assistant",
                             "content":[{"type":"output_text","text":"a","annotations":[]}]},
                            {"type":"message","role":"user","content":[{"type":"input_text","text":"b"}]}])"));
}

TEST(ConversationItems, NameWhatNoModelServerCouldBeTold) {
  EXPECT_EQ(param_of("[]"), "input");
  EXPECT_EQ(param_of("7"), "input");
  EXPECT_EQ(param_of(R"(["a"])"), "input[0]");
  EXPECT_EQ(param_of(R"([{"role":"user","content":"a"},{"role":"king","content":"b"}])"), "input[1].role");
  EXPECT_EQ(param_of(R"([{"role":"user"}])"), "input[0].content");
  EXPECT_EQ(param_of(R"([{"role":"user","content":[{"type":"input_image","file_id":"f"}]}])"),
            "input[0].content[0].image_url");
  EXPECT_EQ(param_of(R"([{"type":"function_call","call_id":"c","name":"f"}])"), "input[0].arguments");
  EXPECT_EQ(param_of(R"([{"type":"function_call_output","call_id":"c"}])"), "input[0].output");
  EXPECT_EQ(param_of(R"([{"type":"computer_call"}])"), "input[0].type");
  EXPECT_EQ(param_of(R"([{"type":"item_reference"}])"), "input[0].id");
}

TEST(ConversationItems, KnowAReferenceByItsIdAlone) {
  const auto items = read(R"([{"id":"msg_1"}])");
  EXPECT_EQ(items.at(0).type, "item_reference");
  EXPECT_EQ(items.at(0).id, "msg_1");
}

TEST(ConversationItems, AreTheTextsOfAPlainTurn) {
  const TurnItems items = items_of({.question = "q", .answer = "a"});
  EXPECT_EQ(items.input_count, 1U);
  EXPECT_EQ(bodies(items.items), bodies({user_message("q"), assistant_message("a")}));
}

TEST(ConversationItems, OfATurnWithoutAnAnswerAreItsQuestion) {
  EXPECT_EQ(items_of({.question = "q"}).items.size(), 1U);
}

TEST(ConversationItems, AreMadeOfTheMessagesOfAChatCompletion) {
  const Turn turn{.question = "see",
                  .details = std::string(R"({"asked":)") + kToolChat +
                             R"(,"message":{"role":"assistant","content":null,"tool_calls":[
                    {"id":"c3","type":"function","function":{"name":"h","arguments":"{}"}}]}})"};
  const TurnItems items = items_of(turn);
  EXPECT_EQ(items.input_count, 6U);
  EXPECT_EQ(bodies(items.items), json::parse(R"([
      {"type":"message","role":"user","content":[{"type":"input_text","text":"see"},
          {"type":"input_image","detail":"low","image_url":"http://a/b"}]},
      {"type":"message","role":"assistant",
       "content":[{"type":"output_text","text":"looking","annotations":[]}]},
      {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
      {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
      {"type":"function_call_output","call_id":"c1","output":"one"},
      {"type":"function_call_output","call_id":"c2","output":"two"},
      {"type":"function_call","call_id":"c3","name":"h","arguments":"{}"}])"));
}

TEST(ConversationItems, BecomeTheMessagesThatTheyWereMadeOf) {
  const Turn turn{.question = "see", .details = std::string(R"({"asked":)") + kToolChat + "}"};
  EXPECT_EQ(messages(items_of(turn).items), json::parse(kToolChat));
}

TEST(ConversationItems, ShowARefusalAsOne) {
  const Turn turn{.question = "q",
                  .answer = "no",
                  .details = R"({"message":{"role":"assistant","content":null,"refusal":"no"}})"};
  EXPECT_EQ(bodies(items_of(turn).items).at(1).at("content"),
            json::parse(R"([{"type":"refusal","refusal":"no"}])"));
}

TEST(ConversationItems, KeepTheAnswersTextWhereItsMessageHasMoreToSay) {
  const Turn turn{.question = "q", .answer = "a", .details = R"({"message":{"reasoning":"r"}})"};
  EXPECT_EQ(bodies({items_of(turn).items.at(1)}), bodies({assistant_message("a")}));
}

TEST(ConversationItems, ComeBackFromTheDetailsAsTheyWereGiven) {
  const auto input = read(R"([{"role":"developer","content":"d"},{"role":"user","content":"u"}])");
  const auto output =
      read(R"([{"type":"reasoning","id":"rs_1","summary":[]},{"role":"assistant","content":"a"}])");
  const Turn turn{.question = "u",
                  .answer = "a",
                  .details = "{" + items_member("input", input) + "," + items_member("output", output) + "}"};
  const TurnItems items = items_of(turn);
  EXPECT_EQ(items.input_count, 2U);
  EXPECT_EQ(items.items.at(2).type, "reasoning");
  EXPECT_EQ(items.items.at(3).role, "assistant");
  EXPECT_EQ(messages(items.items), json::parse(R"([{"role":"developer","content":"d"},
      {"role":"user","content":"u"},{"role":"assistant","content":"a"}])"));
}

TEST(ConversationItems, OutliveDetailsThatAnotherProgramWrote) {
  for (const char* details :
       {R"({"input":[1,{}],"output":"x"})", R"({"asked":[{}],"message":[]})",
        R"({"message":{"tool_calls":[{"function":{"name":1}},2]}})",
        R"({"asked":[{"role":"user","content":[{"type":"image_url","image_url":{"a":1}}]}]})",
        R"({"input":[{"type":"function_call"},{"type":"function_call_output"}]})"}) {
    const Turn turn{.turn_id = "t", .question = "q", .answer = "a", .details = details};
    const TurnItems items = items_of(turn);
    for (std::size_t place = 0; place < items.items.size(); ++place) {
      std::string shown;
      append_item(shown, items.items[place], item_id(items.items[place], turn.turn_id, place));
      EXPECT_NO_THROW((void)json::parse(shown)) << shown;
    }
    EXPECT_NO_THROW((void)messages(items.items)) << details;
  }
}

TEST(ConversationItems, AreShownWithIdAndStatus) {
  std::string shown;
  append_item(shown, user_message("q"), "msg_1", "incomplete");
  EXPECT_EQ(json::parse(shown), json::parse(R"({"id":"msg_1","status":"incomplete","type":"message",
      "role":"user","content":[{"type":"input_text","text":"q"}]})"));
}

}  // namespace
}  // namespace chatsync

#include "chat/openai_ids.hpp"

#include <gtest/gtest.h>

#include "chat/ids.hpp"

namespace chatsync {
namespace {

constexpr const char* kTurn = "01a206a6-671c-7f0a-9ddb-31c67ea2aa73";
constexpr const char* kKey = "01a206a6671c7f0a9ddb31c67ea2aa73";

TEST(OpenAiIds, MakeAConversationOfAUuid) {
  const std::string id = conversation_id(kTurn);
  EXPECT_EQ(id, std::string("conv_") + kKey);
  EXPECT_TRUE(is_session_id(id));
}

TEST(OpenAiIds, TellSessionAndTurnOfAResponse) {
  const std::string id = response_id("a-b_c.d", kTurn);
  EXPECT_EQ(id, std::string("resp_") + kKey + "a-b_c.d");
  EXPECT_EQ(parse_response_id(id), (ResponseName{.session_id = "a-b_c.d", .turn_id = kTurn}));
}

TEST(OpenAiIds, TellSessionAndTurnOfAnotherProgramsTurn) {
  for (const char* turn :
       {"7", "x", "a_b-c.d", "01A206A6-671C-7F0A-9DDB-31C67EA2AA73", "01a206a6671c7f0a9ddb31c67ea2aa73"}) {
    EXPECT_EQ(parse_response_id(response_id("conv_1", turn)),
              (ResponseName{.session_id = "conv_1", .turn_id = turn}));
    EXPECT_EQ(parse_item_id(item_id("msg", turn, 3)), (ItemName{.kind = "msg", .turn_id = turn, .place = 3}));
  }
}

TEST(OpenAiIds, RefuseWhatIsNoResponse) {
  const std::string key = kKey;
  for (const std::string& text :
       {std::string(), std::string("resp_"), "resp_" + key, "resp_" + key.substr(1) + "s",
        "resp_" + key + "a/b", "resp_" + key + std::string(65, 's'), "conv_" + key + "s",
        std::string("resp_x7s"), std::string("resp_x~s"), std::string("resp_x") + kTurn + "~s"}) {
    EXPECT_FALSE(parse_response_id(text)) << text;
  }
}

TEST(OpenAiIds, TellKindTurnAndPlaceOfAnItem) {
  EXPECT_EQ(item_id("fco", kTurn, 12), std::string("fco_") + kKey + "_12");
  EXPECT_EQ(parse_item_id(std::string("fco_") + kKey + "_12"),
            (ItemName{.kind = "fco", .turn_id = kTurn, .place = 12}));
}

TEST(OpenAiIds, RefuseWhatIsNoItem) {
  const std::string key = kKey;
  for (const std::string& text :
       {std::string(), std::string("msg"), "msg_" + key, "_" + key + "_1", "msg_" + key + "_",
        "msg_" + key + "_-1", "msg_" + key + "_01", "msg_" + key + "_1x", "m2_" + key + "_1",
        "msg_" + key.substr(1) + "_1", "msg_" + key + "_99999999999999999999999", std::string("msg_x_1"),
        std::string("msg__1")}) {
    EXPECT_FALSE(parse_item_id(text)) << text;
  }
}

TEST(OpenAiIds, SortByTime) {
  IdGenerator ids(1);
  const std::string earlier = ids.uuid_v7(1'795'407'898'396'940);
  const std::string later = ids.uuid_v7(1'795'407'898'396'942);
  EXPECT_LT(response_id("z", earlier), response_id("a", later));
  EXPECT_LT(conversation_id(earlier), conversation_id(later));
  EXPECT_LT(item_id("msg", earlier, 9), item_id("msg", later, 0));
}

}  // namespace
}  // namespace chatsync

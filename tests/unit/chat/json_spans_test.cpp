#include "chat/json_spans.hpp"

#include <gtest/gtest.h>

namespace chatsync {
namespace {

using Elements = std::vector<std::string_view>;

TEST(JsonSpans, ShowWhereMembersStand) {
  const std::string_view text = R"( { "a" : 1 , "b":"x\"},{", "c":[1,{"d":"]"}], "e":{} ,"f":null} )";
  const auto members = members_of(text);
  ASSERT_EQ(members.size(), 5U);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value, "1");
  EXPECT_EQ(members[1].value, R"("x\"},{")");
  EXPECT_EQ(members[2].value, R"([1,{"d":"]"}])");
  EXPECT_EQ(members[3].value, "{}");
  EXPECT_EQ(members[4].value, "null");
  EXPECT_EQ(members[4].value.data(), text.data() + text.find("null"));
}

TEST(JsonSpans, ShowWhereElementsStand) {
  EXPECT_EQ(elements_of(R"([1, [2,3] ,{"a":[]},"x,y" , -1.5e3])"),
            (Elements{"1", "[2,3]", R"({"a":[]})", R"("x,y")", "-1.5e3"}));
}

TEST(JsonSpans, ReadNamesWithEscapes) {
  EXPECT_EQ(value_of(members_of(R"({"mess\u0061ges":[1]})"), "messages"), "[1]");
}

TEST(JsonSpans, TakeTheLastOfEqualNames) {
  EXPECT_EQ(value_of(members_of(R"({"a":1,"a":2})"), "a"), "2");
  EXPECT_EQ(value_of(members_of(R"({"a":1})"), "b"), "");
}

TEST(JsonSpans, AreNoneWhereThereIsNothing) {
  EXPECT_TRUE(members_of("{ }").empty());
  EXPECT_TRUE(members_of("[1]").empty());
  EXPECT_TRUE(elements_of("[ ]").empty());
  EXPECT_TRUE(elements_of("{}").empty());
  EXPECT_TRUE(elements_of("").empty());
}

}  // namespace
}  // namespace chatsync

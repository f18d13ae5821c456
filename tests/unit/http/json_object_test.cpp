#include "http/json_object.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

using Type = JsonMember::Type;

std::vector<JsonMember> members(std::string_view text) {
  auto result = parse_json_object(text);
  EXPECT_TRUE(result) << text << ": " << (result ? "" : result.error().message);
  return result ? *result : std::vector<JsonMember>();
}

Error refused(std::string_view text) {
  const auto result = parse_json_object(text);
  EXPECT_FALSE(result) << text;
  return result ? Error{} : result.error();
}

TEST(JsonObject, KeepsTheTypesOfItsMembers) {
  const auto read = members(
      R"( {"s":"x","i":-7,"u":18446744073709551615,"d":1.5,"b":true,"n":null,"a":[1,{"s":2}],"o":{"s":[3]}} )");
  ASSERT_EQ(read.size(), 8U);
  const Type types[] = {Type::string,  Type::integer, Type::integer, Type::number,
                        Type::boolean, Type::null,    Type::array,   Type::object};
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i].type, types[i]) << read[i].name;
  EXPECT_EQ(read[0].text, "x");
  EXPECT_EQ(read[1].text, "-7");
  EXPECT_EQ(read[2].text, "18446744073709551615");
  EXPECT_TRUE(read[4].boolean);
}

TEST(JsonObject, DecodesEscapesAndKeepsEveryCodePoint) {
  const auto read = members(R"({"t":"a\u0000b\n\ud83d\ude00 Đã 🚀"})");
  EXPECT_EQ(read.at(0).text, std::string("a\0b\n😀 Đã 🚀", 18));
}

TEST(JsonObject, KeepsLongTextsWithEscapesWhole) {
  std::string json = R"({"t":")";
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    json += R"(xé\n\u00e9)";
    expected += "xé\né";
  }
  EXPECT_EQ(members(json + "\"}").at(0).text, expected);
}

TEST(JsonObject, SaysAtWhichByteTheTextIsNoJson) {
  EXPECT_NE(refused(R"({"a":1,})").message.find("at byte 7"), std::string::npos)
      << refused(R"({"a":1,})").message;
  EXPECT_NE(refused(R"({"a":nul})").message.find("at byte 5"), std::string::npos);
  EXPECT_NE(refused(R"({"a":1} x)").message.find("at byte 8"), std::string::npos);
  EXPECT_EQ(refused(R"({"a")").code, "invalid_json");
}

TEST(JsonObject, RefusesWhatOnlyLooksLikeJson) {
  for (const char* text :
       {"", "  ", "{", "{'a':1}", "{a:1}", R"({"a":01})", R"({"a":1}{"b":2})", R"({"a":NaN})",
        R"({"a":1 /* c */})", R"({"a":"\x"})", "\xef\xbb\xbf{}", R"({"a":+1})"}) {
    EXPECT_EQ(refused(text).code, "invalid_json") << text;
  }
  EXPECT_EQ(refused("{\"a\":\"x\ny\"}").code, "invalid_json");
}

TEST(JsonObject, RefusesInvalidUtf8AndHalfSurrogates) {
  for (const char* text : {"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xc3\"}", "{\"\xff\":1}"}) {
    EXPECT_EQ(refused(text).code, "invalid_json") << text;
  }
  EXPECT_EQ(refused(R"({"a":"\ud800"})").code, "invalid_json");
  EXPECT_EQ(refused(R"({"a":"\udc00x"})").code, "invalid_json");
}

TEST(JsonObject, NamesTheMemberInWhichTheTextIsMalformed) {
  EXPECT_EQ(refused("{\"a\":\"x\",\"message\":\"\xFF\"}").param, "message");
  EXPECT_NE(refused("{\"message\":\"\xFF\"}").message.find("not UTF-8"), std::string::npos);
  EXPECT_EQ(refused("{\"a\":[1,{\"b\":\"\xFF\"}]}").param, "a");
  EXPECT_EQ(refused(R"({"a":1,"b":tru})").param, "b");
  EXPECT_EQ(refused("{\"a\":1,\xFF").param, "");
  EXPECT_EQ(refused(R"({"a":[1]} x)").param, "");
}

TEST(JsonObject, RefusesEverythingThatIsNoObject) {
  for (const char* text : {"[]", "1", "\"a\"", "null", "true", R"([{"a":1}])"}) {
    EXPECT_EQ(refused(text).message, "the body must be a JSON object") << text;
  }
}

TEST(JsonObject, RefusesANameGivenTwice) {
  const Error error = refused(R"({"a":1,"b":2,"\u0061":3})");
  EXPECT_EQ(error.param, "a");
  EXPECT_EQ(error.code, "duplicate_field");
}

TEST(JsonObject, IsBounded) {
  EXPECT_EQ(refused("{\"a\":" + std::string(100'000, '[')).code, "invalid_json");
  EXPECT_EQ(refused("{\"" + std::string(300, 'k') + "\":1}").code, "invalid_json");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(refused(many + "\"z\":1}").code, "invalid_json");
}

}  // namespace
}  // namespace chatsync::http

#include "http/body_fields.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

Error chat_refused(std::string_view body) {
  const auto result = parse_chat_request(body);
  EXPECT_FALSE(result) << body;
  return result ? Error{} : result.error();
}

TEST(ChatRequestBody, NeedsOnlyAMessage) {
  const auto request = parse_chat_request(R"({"message":"Xin chào"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->message, "Xin chào");
  EXPECT_EQ(request->user_id, "1");
  EXPECT_FALSE(request->session_id);
  EXPECT_EQ(request->durability, service::Durability::cached);
}

TEST(ChatRequestBody, TakesEveryField) {
  const auto request = parse_chat_request(
      R"({"session_id":"a.b_c-1","user_id":"u@x","message":"m","stream":true,"durability":"synced"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->session_id, "a.b_c-1");
  EXPECT_EQ(request->user_id, "u@x");
  EXPECT_EQ(request->durability, service::Durability::synced);
  EXPECT_TRUE(request->stream);
}

TEST(ChatRequestBody, KeepsAnIntegerUserIdAsText) {
  EXPECT_EQ(parse_chat_request(R"({"message":"m","user_id":42})")->user_id, "42");
  EXPECT_EQ(parse_chat_request(R"({"message":"m","user_id":-1})")->user_id, "-1");
}

TEST(ChatRequestBody, NamesTheFieldOfTheWrongType) {
  for (const char* value : {"true", "1.5", "null", "[]", "{}", "\"\"", "\"a b\"", "1e3"}) {
    const Error error = chat_refused(R"({"message":"m","user_id":)" + std::string(value) + "}");
    EXPECT_EQ(error.param, "user_id") << value;
    EXPECT_EQ(error.message, "expected an integer or a string of [A-Za-z0-9._:@+-]{1,128}") << value;
  }
  for (const char* value : {"1", "null", "\"\"", "\"a/b\"", "\"é\""}) {
    EXPECT_EQ(chat_refused(R"({"message":"m","session_id":)" + std::string(value) + "}").param, "session_id")
        << value;
  }
  EXPECT_EQ(chat_refused(R"({"message":"m","session_id":")" + std::string(65, 'a') + "\"}").param,
            "session_id");
  EXPECT_EQ(chat_refused(R"({"message":"m","user_id":")" + std::string(129, 'a') + "\"}").param, "user_id");
  for (const char* value : {"1", "\"\"", "null", "[\"m\"]"}) {
    EXPECT_EQ(chat_refused(R"({"message":)" + std::string(value) + "}").param, "message") << value;
  }
  for (const char* value : {"1", "\"sync\"", "null"}) {
    EXPECT_EQ(chat_refused(R"({"message":"m","durability":)" + std::string(value) + "}").param, "durability");
  }
  EXPECT_EQ(chat_refused(R"({"message":"m","stream":"false"})").param, "stream");
}

TEST(ChatRequestBody, NamesAMissingMessage) {
  const Error error = chat_refused("{}");
  EXPECT_EQ(error.param, "message");
  EXPECT_EQ(error.code, "missing_field");
}

TEST(ChatRequestBody, NamesAnUnknownField) {
  const Error error = chat_refused(R"({"message":"m","massage":"n"})");
  EXPECT_EQ(error.param, "massage");
  EXPECT_EQ(error.code, "unknown_field");
}

TEST(NewSessionBody, MayBeEmpty) {
  const auto request = parse_new_session("{}");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->session_id);
  EXPECT_EQ(request->user_id, "1");
  EXPECT_EQ(request->title, "");
}

TEST(NewSessionBody, TakesEveryField) {
  const auto request = parse_new_session(R"({"session_id":"a","user_id":7,"title":"Xin chào"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->session_id, "a");
  EXPECT_EQ(request->user_id, "7");
  EXPECT_EQ(request->title, "Xin chào");
}

TEST(NewSessionBody, NamesTheFieldAtFault) {
  const auto param = [](const std::string& body) {
    const auto request = parse_new_session(body);
    return request ? "" : request.error().param;
  };
  EXPECT_EQ(param(R"({"title":1})"), "title");
  EXPECT_EQ(param(R"({"title":")" + std::string(1025, 'x') + "\"}"), "title");
  EXPECT_EQ(param(R"({"message":"m"})"), "message");
  EXPECT_EQ(param(R"({"session_id":""})"), "session_id");
}

}  // namespace
}  // namespace chatsync::http

#include "http/field_values.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync::http {
namespace {

TEST(FieldValues, TakesJsonInUtf8ForJson) {
  for (const char* type : {"application/json", "Application/JSON", "application/json;charset=utf-8",
                           "application/json ; charset=\"UTF-8\"", "application/json; x=y; charset=utf-8",
                           "application/json;"}) {
    EXPECT_EQ(body_type_of(type), BodyType::json) << type;
  }
}

TEST(FieldValues, TakesNothingElseForJson) {
  for (const char* type : {"", "text/plain", "application/jsonp", "application/json; charset=latin1",
                           "application/json; charset", "application/x-www-form-urlencoded", "json"}) {
    EXPECT_EQ(body_type_of(type), BodyType::other) << type;
  }
}

TEST(FieldValues, KnowsAHostFromOtherText) {
  for (const char* host : {"", "localhost", "127.0.0.1:8080", "[::1]:80", "a_b.example"}) {
    EXPECT_TRUE(is_host(host)) << host;
  }
  for (const char* host : {"a b", "a/b", "a@b", "a\"", "é", "a?b"}) EXPECT_FALSE(is_host(host)) << host;
}

TEST(FieldValues, LimitsRequestIds) {
  EXPECT_TRUE(is_request_id("aZ09._-"));
  EXPECT_TRUE(is_request_id(std::string(128, 'a')));
  EXPECT_FALSE(is_request_id(std::string(129, 'a')));
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id("a b"));
  EXPECT_FALSE(is_request_id("a\"b"));
}

}  // namespace
}  // namespace chatsync::http

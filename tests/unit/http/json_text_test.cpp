#include "http/json_text.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

TEST(JsonText, WritesASession) {
  std::string out;
  append_session(out, {.session_id = "a",
                       .user_id = "1",
                       .title = "\"t\"\n",
                       .question_count = 7,
                       .created_at_us = 1,
                       .updated_at_us = 1763868720123456});
  EXPECT_EQ(out, R"({"session_id":"a","user_id":"1","title":"\"t\"\n","question_count":7,)"
                 R"("created_at":"1970-01-01T00:00:00.000001Z","updated_at":"2025-11-23T03:32:00.123456Z"})");
}

TEST(JsonText, WritesAMessage) {
  std::string out;
  append_message(out, {.session_id = "a",
                       .turn_id = "t",
                       .timestamp_us = 1763868720123456,
                       .seq = 3,
                       .user_id = "u",
                       .question = "q",
                       .answer = "Đã",
                       .status = TurnStatus::incomplete,
                       .model = "echo"});
  EXPECT_EQ(
      out,
      R"({"turn_id":"t","seq":3,"timestamp":1763868720123456,"created_at":"2025-11-23T03:32:00.123456Z",)"
      R"("user_id":"u","question":"q","answer":"Đã","status":"incomplete","model":"echo"})");
}

TEST(JsonText, WritesNullForWhatIsNotThere) {
  std::string out;
  append_message(out, {.turn_id = "t"});
  EXPECT_NE(out.find(R"("seq":null)"), std::string::npos);
  out.clear();
  append_time(out, "", std::nullopt);
  append_number(out, ",", std::optional<std::int64_t>());
  EXPECT_EQ(out, "null,null");
}

}  // namespace
}  // namespace chatsync::http

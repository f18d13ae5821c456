#include "answer/upstream_error.hpp"

#include <gtest/gtest.h>

namespace chatsync::answer {
namespace {

TEST(UpstreamError, HandsARefusalOnInTheServersOwnWords) {
  const Error error = error_of_reply(
      400,
      R"({"error":{"message":"too long","type":"x","param":"messages","code":"context_length_exceeded"}})",
      std::nullopt);
  EXPECT_EQ(error.kind, ErrorKind::model_refused);
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.message, "too long");
  EXPECT_EQ(error.param, "messages");
  EXPECT_EQ(error.code, "context_length_exceeded");
}

TEST(UpstreamError, ReadsTheFormsOfOtherServers) {
  EXPECT_EQ(error_of_reply(404, R"({"error":"model 'x' not found"})", {}).message, "model 'x' not found");
  EXPECT_EQ(error_of_reply(422, R"({"object":"error","message":"bad"})", {}).message, "bad");
  EXPECT_EQ(error_of_reply(413, "Too\nlarge", {}).message, "Too large");
  EXPECT_EQ(error_of_reply(418, "", {}).message, "the model server replied 418");
  EXPECT_EQ(error_of_reply(418, "\xFF\xFE", {}).message, "the model server replied 418");
}

TEST(UpstreamError, TellsWhenToTryAgain) {
  const Error error = error_of_reply(429, "{}", std::chrono::milliseconds(6'500));
  EXPECT_EQ(error.status, 429);
  EXPECT_EQ(error.retry_after_s, 7);
  EXPECT_EQ(error.code, "model_rate_limit");
}

TEST(UpstreamError, DoesNotBlameTheClientForTheServersKey) {
  for (const int status : {401, 403}) {
    const Error error = error_of_reply(status, R"({"error":{"message":"wrong key"}})", {});
    EXPECT_EQ(error.kind, ErrorKind::model_failed);
    EXPECT_EQ(error.status, 0);
    EXPECT_NE(error.message.find("LLM_API_KEY"), std::string::npos);
  }
}

TEST(UpstreamError, IsAFailureOfTheServerOtherwise) {
  EXPECT_EQ(error_of_reply(500, "oops", {}).kind, ErrorKind::model_failed);
  EXPECT_EQ(error_of_reply(302, "", {}).kind, ErrorKind::model_failed);
}

}  // namespace
}  // namespace chatsync::answer

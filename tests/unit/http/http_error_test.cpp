#include "http/http_error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "http/http_metrics.hpp"

namespace chatsync::http {
namespace {

TEST(HttpErrors, GivesEveryKindItsStatus) {
  const auto status = [](ErrorKind kind) { return to_http_error({kind, "m", {}, {}}).status; };
  EXPECT_EQ(status(ErrorKind::invalid_argument), 400);
  EXPECT_EQ(status(ErrorKind::not_found), 404);
  EXPECT_EQ(status(ErrorKind::gone), 410);
  EXPECT_EQ(status(ErrorKind::conflict), 409);
  EXPECT_EQ(status(ErrorKind::unavailable), 503);
  EXPECT_EQ(status(ErrorKind::outcome_unknown), 503);
  EXPECT_EQ(status(ErrorKind::overloaded), 503);
  EXPECT_EQ(status(ErrorKind::rejected), 500);
  EXPECT_EQ(status(ErrorKind::internal), 500);
}

TEST(HttpErrors, KeepsACodeAndMakesOneWhereThereIsNone) {
  EXPECT_EQ(to_http_error({ErrorKind::gone, "m", "session_deleted", {}}).code, "session_deleted");
  EXPECT_EQ(to_http_error({ErrorKind::outcome_unknown, "m", {}, {}}).code, "outcome_unknown");
}

TEST(HttpErrors, HasTheFormThatOpenAiClientsRead) {
  std::string body;
  append_error_body(body, {400, "say \"what\"", "invalid_value", "user_id"});
  EXPECT_EQ(body, R"({"error":{"message":"say \"what\"","type":"invalid_request_error","param":"user_id",)"
                  R"("code":"invalid_value"}})");
}

TEST(HttpErrors, SaysNullWhereNoFieldIsAtFault) {
  std::string body;
  append_error_body(body, {503, "m", "sync_failed", {}}, 42);
  const auto error = boost::json::parse(body).at("error");
  EXPECT_TRUE(error.at("param").is_null());
  EXPECT_EQ(error.at("type"), "server_error");
  EXPECT_EQ(error.at("pending"), 42);
}

TEST(HttpErrors, CountsEveryStatusItHasACodeFor) {
  for (const int status : {400, 404, 405, 408, 413, 415, 417, 431, 501, 503, 505}) {
    EXPECT_NE(protocol_error(status, "m").code, "internal_error") << status;
    EXPECT_NE(std::ranges::find(kStatuses, status), kStatuses.end()) << status;
  }
}

}  // namespace
}  // namespace chatsync::http

// Requests that get an error: its status, its form, and what becomes of the connection.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

const boost::json::object& error_of(const boost::json::value& body) { return body.at("error").as_object(); }

void expect_error(const test::HttpResponse& response, int status, const std::string& code,
                  const std::string& param = {}) {
  ASSERT_EQ(response.status, status) << response.body;
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  EXPECT_FALSE(response.header("x-request-id").empty());
  const boost::json::value body = response.json();
  EXPECT_EQ(error_of(body).at("code").as_string(), code);
  EXPECT_EQ(error_of(body).at("type"), status < 500 ? "invalid_request_error" : "server_error");
  if (param.empty()) {
    EXPECT_TRUE(error_of(body).at("param").is_null());
  } else {
    EXPECT_EQ(error_of(body).at("param").as_string(), param);
  }
}

TEST(HttpRefusal, EndsAConnectionWhoseRequestsCannotBeToldApart) {
  HttpRig rig;
  const std::string smuggled =
      "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"message\":\"x\"}";
  for (const std::string& bytes :
       {"POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\n",
        "POST /chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST /chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    auto client = rig.client();
    client.send(bytes + smuggled);
    const auto response = client.read_response();
    expect_error(response, 400, "bad_request");
    EXPECT_EQ(response.header("connection"), "close");
    EXPECT_TRUE(client.closed_by_server()) << bytes;
  }
  EXPECT_EQ(rig.recorded_turns(), 0U);
}

TEST(HttpRefusal, SaysThatAHeaderIsTooLarge) {
  HttpRig rig;
  auto client = rig.client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'x'));
  expect_error(client.read_response(), 431, "header_too_large");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpRefusal, SaysThatABodyIsTooLargeBeforeItHasCome) {
  HttpRig rig;
  auto client = rig.client();
  client.send("POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nthe first few bytes");
  expect_error(client.read_response(), 413, "body_too_large");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpRefusal, ReachesAClientThatIsStillSending) {
  HttpRig rig;
  auto client = rig.client();
  client.send("POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n" +
              std::string(8'000'000, 'x'));
  expect_error(client.read_response(), 413, "body_too_large");
}

TEST(HttpRefusal, KeepsTheConnectionWhereOnlyTheRequestIsWrong) {
  HttpRig rig;
  auto client = rig.client();
  expect_error(client.get("/nothing"), 404, "not_found");
  expect_error(client.request("POST", "/chat", "hello", "Content-Type: text/plain\r\n"), 415,
               "unsupported_media_type");
  expect_error(client.request("POST", "/chat", "{\"message\":\"x\","), 400, "invalid_json");
  expect_error(client.request("POST", "/chat", "[1]"), 400, "invalid_json");
  expect_error(client.request("POST", "/chat", "{\"message\":\"\xff\"}"), 400, "invalid_json", "message");
  expect_error(client.request("POST", "/chat", R"({"message":"x","user_id":true})"), 400, "invalid_value",
               "user_id");
  expect_error(client.request("POST", "/chat", R"({"message":"x","stream":1})"), 400, "invalid_value",
               "stream");
  expect_error(client.request("POST", "/chat", R"({"message":"x","colour":1})"), 400, "unknown_field",
               "colour");
  expect_error(client.get("/sessions/a%20b"), 400, "invalid_value", "session_id");
  expect_error(client.get("/sessions?user_id=1&x=2"), 400, "unknown_parameter", "x");
  expect_error(client.get("/sessions/%zz"), 400, "bad_request_target");
  expect_error(client.get("/sessions/nobody"), 404, "session_not_found", "session_id");
  EXPECT_EQ(client.get("/healthz").status, 200);
}

TEST(HttpRefusal, NamesTheMethodsThatAreAllowed) {
  HttpRig rig;
  auto client = rig.client();
  const auto response = client.request("PUT", "/sessions/a");
  expect_error(response, 405, "method_not_allowed");
  EXPECT_EQ(response.header("allow"), "GET, HEAD, DELETE, OPTIONS");
  const auto options = client.request("OPTIONS", "/chat");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("allow"), "POST, OPTIONS");
}

TEST(HttpRefusal, RefusesWhatNoServerUnderstands) {
  HttpRig rig;
  const auto refused = [&](const std::string& bytes, int status, const std::string& code) {
    auto client = rig.client();
    client.send(bytes);
    expect_error(client.read_response(), status, code);
  };
  refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http_version_not_supported");
  refused("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "not_implemented");
  refused("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417, "expectation_failed");
}

TEST(HttpRefusal, TurnsAnExceptionIntoAReply) {
  HttpRig rig;
  auto client = rig.client();
  expect_error(client.request("POST", "/chat", chat_body("throw")), 500, "internal_error");
  EXPECT_EQ(client.request("POST", "/chat", chat_body("go on")).status, 200);
}

TEST(HttpRefusal, SaysWhenToComeBackIfCacheAndStoreAreDown) {
  HttpRig rig;
  rig.on_worker([](RigWorker& worker) {
    worker.cache.outage = Error{ErrorKind::unavailable, "the cache is down", {}, {}};
    worker.store.outage = Error{ErrorKind::unavailable, "the store is down", {}, {}};
  });
  auto client = rig.client();
  for (const char* target : {"/chat", "/sessions"}) {
    const auto response =
        client.request("POST", target, target == std::string("/chat") ? chat_body("x") : "{}");
    EXPECT_EQ(response.status, 503) << response.body;
    EXPECT_FALSE(response.header("retry-after").empty()) << target;
  }
}

TEST(HttpRefusal, TurnsConnectionsAwayThatAreTooMany) {
  HttpOptions options = HttpRig::options();
  options.max_connections = 2;
  HttpRig rig(options);
  auto first = rig.client();
  auto second = rig.client();
  EXPECT_EQ(first.get("/healthz").status, 200);
  EXPECT_EQ(second.get("/healthz").status, 200);
  {
    auto third = rig.client();
    const auto response = third.read_response();
    expect_error(response, 503, "overloaded");
    EXPECT_FALSE(response.header("retry-after").empty());
    EXPECT_TRUE(third.closed_by_server());
  }
  first.abort();
  ASSERT_TRUE(test::eventually([&] { return rig.server->open_connections() == 1; }));
  EXPECT_EQ(rig.client().get("/healthz").status, 200);
}

}  // namespace
}  // namespace chatsync::http

#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include "unit/http/parser_probe.hpp"

namespace chatsync::http {
namespace {

constexpr std::string_view kPost =
    "POST /chat?x=1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Request-Id: r-1\r\n"
    "Content-Length: 5\r\n\r\nhello";

TEST(RequestParser, ReadsARequestHoweverItsBytesAreCut) {
  for (std::size_t piece = 1; piece <= kPost.size(); ++piece) {
    const Parsed parsed = parse(kPost, piece);
    ASSERT_EQ(parsed.requests.size(), 1U) << piece << ": " << parsed.message;
    const Request& request = parsed.requests[0];
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.target, "/chat?x=1");
    EXPECT_EQ(request.request_id, "r-1");
    EXPECT_EQ(request.body, "hello");
    EXPECT_EQ(request.body_type, BodyType::json);
    EXPECT_TRUE(request.keep_alive);
  }
}

TEST(RequestParser, ReadsPipelinedRequestsInTheirOrder) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    bytes += kPost;
  }
  const Parsed parsed = parse(bytes, 1000);
  ASSERT_EQ(parsed.requests.size(), 600U) << parsed.message;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(parsed.requests[2 * i].target, "/" + std::to_string(i));
    EXPECT_EQ(parsed.requests[2 * i].body, "");
    EXPECT_EQ(parsed.requests[2 * i].request_id, "");
    EXPECT_EQ(parsed.requests[2 * i + 1].body, "hello");
  }
}

TEST(RequestParser, SkipsEmptyLinesBeforeARequest) {
  const Parsed parsed =
      parse("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 3);
  EXPECT_EQ(parsed.requests.size(), 2U) << parsed.message;
}

TEST(RequestParser, KeepsAConnectionByTheRulesOfItsVersion) {
  const auto keeps = [](std::string_view version, std::string_view field) {
    const Parsed parsed =
        parse("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(field) + "\r\n");
    return parsed.requests.at(0).keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x, Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(RequestParser, NeedsNoHostInHttp10) {
  const Parsed parsed = parse("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(parsed.requests.size(), 1U) << parsed.message;
  EXPECT_TRUE(parsed.requests[0].http_1_0);
}

TEST(RequestParser, RefusesOtherVersionsByName) {
  expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
  expect_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
  expect_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505);
  expect_refused("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400);
  expect_refused("GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400);
  expect_refused("GET /\r\n\r\n", 400);
}

TEST(RequestParser, RefusesAHeaderAboveItsLimit) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  expect_refused(head + std::string(2000, 'x') + "\r\n\r\n", 431);
  expect_refused(head + std::string(2000, 'x'), 431);
  const std::string fits = head + std::string(1024 - head.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(parse(fits).requests.size(), 1U);
  EXPECT_EQ(parse(fits, 1).requests.size(), 1U);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 500; ++i) many += "A: b\r\n";
  expect_refused(many, 431);
}

TEST(RequestParser, RefusesATooLargeBodyBeforeReadingIt) {
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413);
  const std::string at_limit =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n" + std::string(4096, 'x');
  EXPECT_EQ(parse(at_limit, 100).requests.size(), 1U);
}

TEST(RequestParser, TellsTheHeaderBeforeTheBodyIsThere) {
  RequestParser parser({});
  const std::string_view head = kPost.substr(0, kPost.size() - 5);
  const RequestParser::Step step = parser.advance(kPost);
  EXPECT_EQ(step.event, RequestParser::Event::header);
  EXPECT_EQ(step.taken, head.size());
  EXPECT_TRUE(parser.in_body());
  EXPECT_EQ(parser.advance("hello").event, RequestParser::Event::complete);
}

TEST(RequestParser, KnowsTheOneExpectationThereIs) {
  const Parsed parsed =
      parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx");
  ASSERT_EQ(parsed.requests.size(), 1U);
  EXPECT_TRUE(parsed.requests[0].expects_continue);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").requests.at(0).expects_continue);
}

TEST(RequestParser, RefusesCompressedBodies) {
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415);
}

TEST(RequestParser, IgnoresARequestIdThatCannotStandInALog) {
  const Parsed parsed = parse("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\r\n\r\n");
  EXPECT_EQ(parsed.requests.at(0).request_id, "");
}

TEST(RequestParser, TakesMethodsThatItDoesNotKnow) {
  EXPECT_EQ(parse("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").requests.at(0).method, Method::other);
}

}  // namespace
}  // namespace chatsync::http

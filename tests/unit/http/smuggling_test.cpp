// Requests that two HTTP readers in a row may cut differently. None of them may be served.
#include <gtest/gtest.h>

#include "unit/http/parser_probe.hpp"

namespace chatsync::http {
namespace {

std::string with(std::string_view fields, std::string_view rest = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(rest);
}

TEST(Smuggling, RefusesALengthBesideChunks) {
  expect_refused(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"));
}

TEST(Smuggling, RefusesTwoLengthsEvenIfTheyAgree) {
  expect_refused(with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"));
  expect_refused(with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"));
  expect_refused(with("Content-Length: 5, 5\r\n", "hello"));
}

TEST(Smuggling, RefusesLengthsThatAreNoPlainNumbers) {
  for (const char* value : {"+5", "-5", "0x5", "5 5", "5,", "", "five", "5.0", "18446744073709551616"}) {
    expect_refused(with("Content-Length: " + std::string(value) + "\r\n", "hello"));
  }
}

TEST(Smuggling, RefusesCodingsOtherThanChunked) {
  expect_refused(with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501);
  expect_refused(with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501);
  for (const char* value :
       {"chunked, gzip", "gzip", "identity", "xchunked", "chunked;q=1", "\"chunked\"", "chunked,", ""}) {
    expect_refused(with("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n"));
  }
  expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"));
}

TEST(Smuggling, RefusesChunksInHttp10) {
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST(Smuggling, RefusesLinesThatEndWithABareLf) {
  expect_refused("GET / HTTP/1.1\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\n");
  expect_refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(Smuggling, RefusesACrThatEndsNoLine) {
  expect_refused("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
}

TEST(Smuggling, RefusesZeroBytesInTheHeader) {
  using namespace std::string_view_literals;
  expect_refused("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"sv);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n"sv);
  expect_refused("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv);
}

TEST(Smuggling, RefusesFoldedLines) {
  expect_refused(with("X: y\r\n z\r\n"));
  expect_refused(with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"));
  expect_refused("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n");
}

TEST(Smuggling, RefusesBlanksInFieldNames) {
  expect_refused(with("Content-Length : 5\r\n", "hello"));
  expect_refused(with("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Content Length: 5\r\n", "hello"));
  expect_refused(with(": 5\r\n"));
  expect_refused(with("no colon\r\n"));
}

TEST(Smuggling, RefusesNoHostOrTwo) {
  expect_refused("GET / HTTP/1.1\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
  expect_refused("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
}

TEST(Smuggling, RefusesHostsThatCannotBe) {
  expect_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n");
}

TEST(Smuggling, RefusesRequestLinesOutOfShape) {
  expect_refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
  expect_refused("GET / a HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused(" GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1, x\r\nHost: a\r\n\r\n");
}

TEST(Smuggling, ReadsNothingBehindARefusal) {
  const Parsed parsed = parse(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"
      "GET /secret HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(parsed.refused, 400);
  EXPECT_TRUE(parsed.requests.empty());
}

}  // namespace
}  // namespace chatsync::http

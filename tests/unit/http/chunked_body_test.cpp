#include <gtest/gtest.h>

#include "unit/http/parser_probe.hpp"

namespace chatsync::http {
namespace {

const std::string kHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";

TEST(ChunkedBody, IsJoinedHoweverItsBytesAreCut) {
  const std::string bytes =
      kHead + "5\r\nhello\r\n1;name=\"v\"; x\r\n,\r\n006\r\n world\r\n0\r\nX-Trailer: y\r\n\r\n" +
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Parsed parsed = parse(bytes, piece);
    ASSERT_EQ(parsed.requests.size(), 2U) << piece << ": " << parsed.message;
    EXPECT_EQ(parsed.requests[0].body, "hello, world");
    EXPECT_EQ(parsed.requests[1].method, Method::get);
    EXPECT_EQ(parsed.rest, "");
  }
}

TEST(ChunkedBody, MayBeEmpty) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
    const Parsed parsed = parse(kHead + "0\r\n\r\n", piece);
    ASSERT_EQ(parsed.requests.size(), 1U) << parsed.message;
    EXPECT_EQ(parsed.requests[0].body, "");
  }
}

TEST(ChunkedBody, IsRefusedIfAChunkIsMalformed) {
  for (const char* chunk :
       {"5\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n", "5\r\nhello\n0\r\n\r\n\r\n", "\r\n\r\n0\r\n\r\n",
        "5 x\r\nhello\r\n0\r\n\r\n", "10000000000000000\r\nx\r\n0\r\n\r\n",
        "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n"}) {
    expect_refused(kHead + chunk);
  }
}

TEST(ChunkedBody, IsRefusedWhenItsChunksAddUpToTooMuch) {
  std::string bytes = kHead;
  for (int i = 0; i < 5; ++i) bytes += "400\r\n" + std::string(1024, 'x') + "\r\n";
  expect_refused(bytes, 413);
  expect_refused(kHead + "ffffffffffffffff\r\n", 413);
}

TEST(ChunkedBody, IsRefusedWhenItsExtensionsAddUpToTooMuch) {
  std::string bytes = kHead;
  for (int i = 0; i < 100; ++i) bytes += "1;" + std::string(50, 'e') + "\r\nx\r\n";
  expect_refused(bytes + "0\r\n\r\n", 400);
  expect_refused(kHead + "1;" + std::string(3000, 'e'), 431);
}

TEST(ChunkedBody, IsRefusedWhenItsTrailerIsTooLarge) {
  expect_refused(kHead + "0\r\nX: " + std::string(3000, 'x'), 431);
}

TEST(ChunkedBody, TakesNothingFromTheTrailer) {
  const Parsed parsed = parse(kHead + "0\r\nHost: b\r\nContent-Type: text/plain\r\nX-Request-Id: t\r\n\r\n");
  ASSERT_EQ(parsed.requests.size(), 1U) << parsed.message;
  EXPECT_EQ(parsed.requests[0].body_type, BodyType::unstated);
  EXPECT_EQ(parsed.requests[0].request_id, "");
}

}  // namespace
}  // namespace chatsync::http

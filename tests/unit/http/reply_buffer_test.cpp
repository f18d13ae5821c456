#include "http/reply_buffer.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

ReplyHead head(int status = 200) {
  ReplyHead result;
  result.status = status;
  result.media_type = "application/json";
  result.request_id = "r-1";
  result.date = "Mon, 23 Nov 2026 03:32:00 GMT";
  return result;
}

TEST(ReplyBuffer, PutsTheHeadBeforeTheBody) {
  ReplyBuffer reply;
  reply.begin_body() += "{}";
  EXPECT_EQ(reply.finish(head()),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Date: Mon, 23 Nov 2026 03:32:00 GMT\r\nx-request-id: r-1\r\n\r\n{}");
}

TEST(ReplyBuffer, ForgetsTheBodyBefore) {
  ReplyBuffer reply;
  reply.begin_body() += "a long body that is thrown away";
  reply.begin_body() += "x";
  EXPECT_TRUE(reply.finish(head()).ends_with("\r\n\r\nx"));
  reply.begin_body() += "y";
  EXPECT_TRUE(reply.finish(head()).ends_with("\r\n\r\ny"));
  reply.release();
  reply.begin_body() += "z";
  EXPECT_TRUE(reply.finish(head()).ends_with("\r\n\r\nz"));
}

TEST(ReplyBuffer, TellsTheLengthOfABodyThatHeadDoesNotGet) {
  ReplyBuffer reply;
  reply.begin_body() += "12345";
  ReplyHead to_head = head();
  to_head.head_only = true;
  const std::string_view text = reply.finish(to_head);
  EXPECT_NE(text.find("Content-Length: 5\r\n"), std::string_view::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(ReplyBuffer, GivesNoBodyToStatus204) {
  ReplyBuffer reply;
  reply.begin_body();
  ReplyHead options = head(204);
  options.allow = "GET, HEAD";
  const std::string_view text = reply.finish(options);
  EXPECT_EQ(text.find("Content-"), std::string_view::npos);
  EXPECT_NE(text.find("Allow: GET, HEAD\r\n"), std::string_view::npos);
}

TEST(ReplyBuffer, SendsABodyInChunksUntilTheLastOne) {
  ReplyBuffer reply;
  ReplyHead chunked = head();
  chunked.body_end = BodyEnd::chunk;
  reply.begin_body() += "first";
  const std::string_view first = reply.finish(chunked);
  EXPECT_NE(first.find("Transfer-Encoding: chunked\r\n"), std::string_view::npos);
  EXPECT_EQ(first.find("Content-Length"), std::string_view::npos);
  EXPECT_TRUE(first.ends_with("\r\n\r\n5\r\nfirst\r\n")) << first;
  reply.begin_body() += std::string(26, 'x');
  EXPECT_EQ(reply.finish_piece(BodyEnd::chunk), "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(ReplyBuffer, DoesNotEndAChunkedBodyWithAnEmptyPiece) {
  ReplyBuffer reply;
  ReplyHead chunked = head();
  chunked.body_end = BodyEnd::chunk;
  reply.begin_body();
  EXPECT_TRUE(reply.finish(chunked).ends_with("x-request-id: r-1\r\n\r\n"));
  reply.begin_body();
  EXPECT_EQ(reply.finish_piece(BodyEnd::chunk), "");
}

TEST(ReplyBuffer, SendsABodyAsItIsThatTheEndOfTheConnectionEnds) {
  ReplyBuffer reply;
  ReplyHead closing = head();
  closing.body_end = BodyEnd::close;
  closing.keep_alive = false;
  reply.begin_body() += "first";
  const std::string_view first = reply.finish(closing);
  EXPECT_EQ(first.find("Transfer-Encoding"), std::string_view::npos);
  EXPECT_EQ(first.find("Content-Length"), std::string_view::npos);
  EXPECT_TRUE(first.ends_with("\r\n\r\nfirst"));
  reply.begin_body() += "second";
  EXPECT_EQ(reply.finish_piece(BodyEnd::close), "second");
}

TEST(ReplyBuffer, TellsHeadOfABodyInChunksWithoutOne) {
  ReplyBuffer reply;
  ReplyHead chunked = head();
  chunked.body_end = BodyEnd::chunk;
  chunked.head_only = true;
  reply.begin_body() += "first";
  const std::string_view text = reply.finish(chunked);
  EXPECT_NE(text.find("Transfer-Encoding: chunked\r\n"), std::string_view::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(ReplyBuffer, SaysWhatBecomesOfTheConnection) {
  ReplyBuffer reply;
  reply.begin_body();
  ReplyHead last = head();
  last.keep_alive = false;
  EXPECT_NE(reply.finish(last).find("Connection: close\r\n"), std::string_view::npos);
  ReplyHead old = head();
  old.http_1_0 = true;
  reply.begin_body();
  EXPECT_NE(reply.finish(old).find("Connection: keep-alive\r\n"), std::string_view::npos);
}

TEST(ReplyBuffer, SaysWhenToTryAgain) {
  ReplyBuffer reply;
  for (const int status : {429, 503}) {
    reply.begin_body();
    EXPECT_NE(reply.finish(head(status)).find("Retry-After: 1\r\n"), std::string_view::npos) << status;
  }
  reply.begin_body();
  EXPECT_EQ(reply.finish(head(500)).find("Retry-After"), std::string_view::npos);
}

TEST(ReplyBuffer, HoldsTheLongestHeadThereCanBe) {
  ReplyBuffer reply;
  reply.begin_body() += "body";
  const std::string id(128, 'i');
  const std::string location = "/sessions/" + std::string(64, 's');
  ReplyHead longest = head(503);
  longest.request_id = id;
  longest.location = location;
  longest.allow = "GET, HEAD, POST, DELETE, OPTIONS";
  longest.keep_alive = false;
  const std::string_view text = reply.finish(longest);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(text.ends_with("\r\n\r\nbody"));
  EXPECT_LT(text.size(), 700U);
}

TEST(ReplyBuffer, SendsWholeEvenAHeadThatIsLongerThanItsRoom) {
  ReplyBuffer reply;
  reply.begin_body() += "body";
  const std::string location(2000, 'l');
  ReplyHead overlong = head();
  overlong.location = location;
  const std::string_view text = reply.finish(overlong);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(text.find("Content-Length: 4\r\n"), std::string_view::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\nbody"));
}

TEST(HttpDate, HasTheFormOfTheStandard) {
  EXPECT_EQ(http_date(784'111'777'000'000), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace chatsync::http

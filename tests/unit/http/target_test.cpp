#include "http/target.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

Target parsed(std::string_view text) {
  Target target;
  const auto result = parse_target(text, target);
  EXPECT_TRUE(result) << text << ": " << (result ? "" : result.error().message);
  return target;
}

Error refused(std::string_view text) {
  Target target;
  const auto result = parse_target(text, target);
  EXPECT_FALSE(result) << text;
  return result ? Error{} : result.error();
}

TEST(Target, SplitsAPathIntoItsSegments) {
  const Target target = parsed("/sessions/abc/messages");
  ASSERT_EQ(target.segment_count, 3U);
  EXPECT_EQ(target.segments[0], "sessions");
  EXPECT_EQ(target.segments[1], "abc");
  EXPECT_EQ(target.segments[2], "messages");
}

TEST(Target, TakesTheRootForOneEmptySegment) {
  const Target target = parsed("/");
  EXPECT_EQ(target.segment_count, 1U);
  EXPECT_EQ(target.segments[0], "");
}

TEST(Target, DecodesASegmentAfterSplitting) {
  const Target target = parsed("/sessions/a%2Fb%2e%C3%A9");
  ASSERT_EQ(target.segment_count, 2U);
  EXPECT_EQ(target.segments[1], "a/b.é");
}

TEST(Target, CountsMoreSegmentsThanAnyRouteHasAsTooMany) {
  EXPECT_EQ(parsed("/a/b/c/d/e/f").segment_count, Target::kMaxSegments);
  EXPECT_EQ(parsed("/a/b/c/d/e/f/g").segment_count, Target::kMaxSegments + 1);
}

TEST(Target, DecodesNamesAndValuesOfTheQuery) {
  const Target target = parsed("/s?user_id=a%40b&x=&flag&%78y=1%3D2=3");
  ASSERT_EQ(target.query.size(), 4U);
  EXPECT_EQ(target.query[0].value, "a@b");
  EXPECT_EQ(target.query[1].value, "");
  EXPECT_EQ(target.query[2].name, "flag");
  EXPECT_EQ(target.query[3].name, "xy");
  EXPECT_EQ(target.query[3].value, "1=2=3");
}

TEST(Target, LeavesAPlusInTheQueryAlone) { EXPECT_EQ(parsed("/s?user_id=a+b").query[0].value, "a+b"); }

TEST(Target, RefusesAnArgumentGivenTwiceByName) {
  const Error error = refused("/s?limit=1&%6cimit=2");
  EXPECT_EQ(error.param, "limit");
  EXPECT_EQ(error.code, "duplicate_parameter");
}

TEST(Target, RefusesMalformedPercentCodes) {
  for (const char* text : {"/%", "/%4", "/%zz", "/a?x=%", "/a?%g0=1", "/%-1"}) {
    EXPECT_EQ(refused(text).code, "bad_request_target") << text;
  }
}

TEST(Target, RefusesWhatDecodesToInvalidUtf8) {
  EXPECT_EQ(refused("/%ff").code, "bad_request_target");
  EXPECT_EQ(refused("/a?x=%C3").code, "bad_request_target");
  EXPECT_EQ(refused("/%C0%AF").code, "bad_request_target");
}

TEST(Target, RefusesBytesThatMustBeEncoded) {
  for (const char* text : {"/a b", "/\xc3\xa9", "/a#b", "/\x7f", "/\x01"}) {
    EXPECT_EQ(refused(text).code, "bad_request_target") << text;
  }
}

TEST(Target, TakesThePathOutOfTheAbsoluteForm) {
  EXPECT_EQ(parsed("http://example.org:80/chat").segments[0], "chat");
  EXPECT_EQ(parsed("HTTPS://example.org/chat?x=1").query[0].value, "1");
  EXPECT_EQ(parsed("http://example.org").segment_count, 1U);
  EXPECT_EQ(parsed("http://example.org?x=1").query[0].name, "x");
}

TEST(Target, RefusesFormsThatAreNoPath) {
  for (const char* text : {"", "chat", "http://", "http:///chat", "ftp://a/chat", "example.org:443"}) {
    EXPECT_EQ(refused(text).code, "bad_request_target") << text;
  }
}

TEST(Target, KnowsTheAsterisk) { EXPECT_TRUE(parsed("*").asterisk); }

TEST(Target, ForgetsTheTargetBefore) {
  Target target;
  ASSERT_TRUE(parse_target("/sessions/a?x=1", target));
  ASSERT_TRUE(parse_target("/chat", target));
  EXPECT_EQ(target.segment_count, 1U);
  EXPECT_TRUE(target.query.empty());
}

}  // namespace
}  // namespace chatsync::http

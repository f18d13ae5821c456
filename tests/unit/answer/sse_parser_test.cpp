#include "answer/sse_parser.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chatsync::answer {
namespace {

std::vector<std::string> events_of(SseParser& parser) {
  std::vector<std::string> events;
  while (auto event = parser.next()) events.push_back(std::move(*event));
  return events;
}

std::vector<std::string> parse(std::string_view text) {
  SseParser parser;
  parser.feed(text);
  return events_of(parser);
}

using Events = std::vector<std::string>;

TEST(SseParser, GivesTheDataOfEachEvent) {
  EXPECT_EQ(parse("data: {\"a\":1}\n\ndata: [DONE]\n\n"), (Events{"{\"a\":1}", "[DONE]"}));
}

TEST(SseParser, TakesEveryWayToEndALine) {
  EXPECT_EQ(parse("data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n"), (Events{"1", "2", "3"}));
}

TEST(SseParser, GivesTheSameWhereverTheStreamIsCut) {
  const std::string text =
      "\xEF\xBB\xBF: ping\r\n\r\nevent: x\r\ndata: xin\r\ndata:  ch\xC3\xA0o\r\n\r\ndata: 2\n\n";
  const Events whole = parse(text);
  ASSERT_EQ(whole, (Events{"xin\n ch\xC3\xA0o", "2"}));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    SseParser parser;
    parser.feed(std::string_view(text).substr(0, cut));
    parser.feed(std::string_view(text).substr(cut));
    EXPECT_EQ(events_of(parser), whole) << cut;
  }
}

TEST(SseParser, LeavesCommentsAndOtherFieldsOut) {
  EXPECT_EQ(parse(": keep-alive\n\nid: 7\nretry: 1\ndata: 1\n\nevent: ping\n\n"), Events{"1"});
}

TEST(SseParser, JoinsLinesOfOneEvent) { EXPECT_EQ(parse("data: a\ndata\ndata:b\n\n"), Events{"a\n\nb"}); }

TEST(SseParser, HoldsAnEventBackUntilItIsWhole) {
  SseParser parser;
  parser.feed("data: 1\n");
  EXPECT_EQ(parser.next(), std::nullopt);
  parser.feed("\n");
  EXPECT_EQ(parser.next(), "1");
}

}  // namespace
}  // namespace chatsync::answer

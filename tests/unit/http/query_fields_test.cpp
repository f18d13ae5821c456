#include "http/query_fields.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

Arguments arguments(std::string_view target) {
  Arguments result;
  EXPECT_TRUE(parse_target(target, result.target)) << target;
  return result;
}

std::string turn_page_param(std::string_view target) {
  const auto page = parse_turn_page(arguments(target));
  return page ? "" : page.error().param;
}

std::string session_list_param(std::string_view target) {
  const auto request = parse_session_list_request(arguments(target));
  return request ? "" : request.error().param;
}

TEST(TurnPageQuery, HasDefaults) {
  const auto page = parse_turn_page(arguments("/m"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->limit, 50U);
  EXPECT_FALSE(page->before_us);
  EXPECT_FALSE(page->after_us);
}

TEST(TurnPageQuery, TakesLimitAndOneCursor) {
  EXPECT_EQ(parse_turn_page(arguments("/m?limit=200&before=17"))->before_us, 17);
  EXPECT_EQ(parse_turn_page(arguments("/m?limit=1&after=0"))->after_us, 0);
}

TEST(TurnPageQuery, NamesTheParameterAtFault) {
  for (const char* value : {"0", "201", "-1", "x", "", "1x", "1.0", "+1", "99999999999999999999"}) {
    EXPECT_EQ(turn_page_param("/m?limit=" + std::string(value)), "limit") << value;
  }
  for (const char* value : {"", "-1", "x", "9223372036854775808", "1.5"}) {
    EXPECT_EQ(turn_page_param("/m?before=" + std::string(value)), "before") << value;
    EXPECT_EQ(turn_page_param("/m?after=" + std::string(value)), "after") << value;
  }
}

TEST(TurnPageQuery, RefusesBothCursors) { EXPECT_EQ(turn_page_param("/m?after=1&before=2"), "before"); }

TEST(SessionListQuery, NeedsAUser) {
  EXPECT_EQ(session_list_param("/s"), "user_id");
  EXPECT_EQ(session_list_param("/s?user_id="), "user_id");
  EXPECT_EQ(session_list_param("/s?user_id=a%20b"), "user_id");
  EXPECT_EQ(parse_session_list_request(arguments("/s?user_id=a%40b"))->user_id, "a@b");
}

TEST(SessionListQuery, ReadsTheCursorThatItGaveOut) {
  const Session last{.session_id = "a.b~x", .updated_at_us = 1763868720123456};
  const Session valid{.session_id = "a.b-x", .updated_at_us = 1763868720123456};
  const auto request = parse_session_list_request(arguments("/s?user_id=1&after=" + session_cursor(valid)));
  ASSERT_TRUE(request);
  ASSERT_TRUE(request->page.after);
  EXPECT_EQ(request->page.after->updated_at_us, valid.updated_at_us);
  EXPECT_EQ(request->page.after->session_id, valid.session_id);
  EXPECT_EQ(session_list_param("/s?user_id=1&after=" + session_cursor(last)), "after");
}

TEST(SessionListQuery, NamesTheParameterAtFault) {
  for (const char* value : {"", "1", "~a", "1~", "x~a", "1~a%20b"}) {
    EXPECT_EQ(session_list_param("/s?user_id=1&after=" + std::string(value)), "after") << value;
  }
  EXPECT_EQ(session_list_param("/s?user_id=1&limit=0"), "limit");
}

}  // namespace
}  // namespace chatsync::http

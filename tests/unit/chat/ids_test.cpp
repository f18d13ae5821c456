#include "chat/ids.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chatsync {
namespace {

constexpr std::int64_t kNow = 1'795'404'720'123'456;

TEST(Ids, SessionIdsAreShortNamesOfPlainCharacters) {
  EXPECT_TRUE(is_session_id("abc"));
  EXPECT_TRUE(is_session_id("A.b_c-9"));
  EXPECT_TRUE(is_session_id(std::string(64, 'x')));
  EXPECT_FALSE(is_session_id(""));
  EXPECT_FALSE(is_session_id(std::string(65, 'x')));
  EXPECT_FALSE(is_session_id("a b"));
  EXPECT_FALSE(is_session_id("a:b"));
  EXPECT_FALSE(is_session_id("{a}"));
  EXPECT_FALSE(is_session_id("phiên"));
  EXPECT_FALSE(is_session_id(std::string_view("a\0b", 3)));
}

TEST(Ids, UserIdsMayLookLikeMailAddresses) {
  EXPECT_TRUE(is_user_id("1"));
  EXPECT_TRUE(is_user_id("ann+chat@example.org"));
  EXPECT_TRUE(is_user_id("auth0:42"));
  EXPECT_FALSE(is_user_id(""));
  EXPECT_FALSE(is_user_id("a/b"));
  EXPECT_FALSE(is_user_id(std::string(129, 'x')));
}

TEST(IdGenerator, MakesVersionSevenInTextForm) {
  const std::string id = IdGenerator(1).uuid_v7(kNow);
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id[8], '-');
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_TRUE(is_turn_id(id));
}

TEST(IdGenerator, CarriesTheMilliseconds) {
  const std::string id = IdGenerator(1).uuid_v7(kNow);
  const std::string digits = id.substr(0, 8) + id.substr(9, 4);
  EXPECT_EQ(std::stoll(digits, nullptr, 16), kNow / 1000);
}

TEST(IdGenerator, IdsSortByTheMicrosecondTheyWereMadeIn) {
  IdGenerator ids(7);
  std::string before = ids.uuid_v7(kNow);
  for (std::int64_t us = 1; us < 5'000; ++us) {
    std::string after = ids.uuid_v7(kNow + us);
    ASSERT_LT(before, after) << "at microsecond " << us;
    before = std::move(after);
  }
}

TEST(IdGenerator, DoesNotRepeatWithinAMicrosecond) {
  IdGenerator ids;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(ids.uuid_v7(kNow));
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(DerivedTurnId, DependsOnSessionAndTimestampAlone) {
  EXPECT_EQ(derived_turn_id("abc", 1), derived_turn_id("abc", 1));
  EXPECT_NE(derived_turn_id("abc", 1), derived_turn_id("abc", 2));
  EXPECT_NE(derived_turn_id("abc", 1), derived_turn_id("abd", 1));
  EXPECT_TRUE(is_turn_id(derived_turn_id("abc", 1)));
}

}  // namespace
}  // namespace chatsync

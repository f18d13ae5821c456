#include "embedded/session_index.hpp"

#include <gtest/gtest.h>

namespace chatsync::embedded {
namespace {

TurnList list_of(std::int64_t count) {
  TurnList list;
  for (std::int64_t i = 1; i <= count; ++i) list.append(TurnRef(i * 10, i, false));
  return list;
}

TEST(TurnList, FindsTurnsByTimeStampWhileTheFrontMoves) {
  TurnList list = list_of(100);
  for (std::int64_t dropped = 0; dropped < 99; ++dropped) {
    ASSERT_EQ(list.all().front().row(), dropped + 1);
    ASSERT_FALSE(list.find(dropped * 10).has_value());
    ASSERT_EQ(list.find(1'000), list.all().size() - 1);
    ASSERT_EQ(list.after(990).size(), 1U);
    list.drop_front(1);
  }
  EXPECT_EQ(list.all().size(), 1U);
}

TEST(TurnList, MarksTheTurnAtItsPlace) {
  TurnList list = list_of(10);
  list.drop_front(3);
  list.mark_synced(*list.find(50));
  EXPECT_TRUE(list.all()[1].synced());
  EXPECT_EQ(list.all()[1].row(), 5);
  EXPECT_FALSE(list.all()[0].synced());
}

TEST(TurnList, FindsTheFirstPendingTurn) {
  TurnList list = list_of(3);
  EXPECT_EQ(list.first_pending()->row(), 1);
  list.mark_synced(0);
  EXPECT_EQ(list.first_pending()->row(), 2);
  list.mark_synced(2);
  list.mark_synced(1);
  EXPECT_EQ(list.first_pending(), nullptr);
}

TEST(SessionIndex, ForgetsARemovedSessionEverywhere) {
  SessionIndex index;
  auto entry = std::make_unique<SessionEntry>();
  entry->row = 1;
  entry->session.session_id = "s";
  entry->session.user_id = "ann";
  entry->session.created_at_us = 7;
  entry->unsynced = true;
  entry->pending = 2;
  SessionEntry& inserted = index.insert(std::move(entry));
  index.refile(inserted, 0, {});
  EXPECT_EQ(index.pending(), 2U);
  EXPECT_EQ(index.dirty_sessions_of("ann").size(), 1U);
  EXPECT_EQ(index.waiting_since_us(), 7);
  index.remove(inserted);
  EXPECT_EQ(index.find("s"), nullptr);
  EXPECT_EQ(index.first_dirty_from(0), nullptr);
  EXPECT_EQ(index.pending(), 0U);
  EXPECT_EQ(index.waiting_since_us(), std::nullopt);
  EXPECT_TRUE(index.session_ids().empty());
  EXPECT_TRUE(index.dirty_sessions_of("ann").empty());
}

}  // namespace
}  // namespace chatsync::embedded

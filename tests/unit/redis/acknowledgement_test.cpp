#include "redis/acknowledgement.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync::redis {
namespace {

PendingTurn pending_turn(const std::string& session_id, int number) {
  PendingTurn pending;
  pending.turn.session_id = session_id;
  pending.key = "session:" + session_id + ":msg:" + std::to_string(number);
  return pending;
}

TEST(Acknowledgements, AreOneForEachSession) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a"}, {.session_id = "b"}};
  batch.turns = {pending_turn("a", 1), pending_turn("b", 2), pending_turn("a", 3)};
  batch.dead_letters = {{.session_id = "c", .key = "odd"}, {.session_id = "c"}};
  const auto calls = acknowledgements_of(batch);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].members, (std::vector<std::string_view>{"session:a:msg:1", "session:a:msg:3"}));
  EXPECT_EQ(calls[0].committed, &batch.sessions[0]);
  EXPECT_EQ(calls[2].session_id, "c");
  EXPECT_EQ(calls[2].members, std::vector<std::string_view>{"odd"});
  EXPECT_EQ(calls[2].committed, nullptr);
}

TEST(Acknowledgements, OfALargeSessionComeInPiecesWithItsOwnDataInTheLast) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a"}};
  for (int number = 1; number <= 2'500; ++number) batch.turns.push_back(pending_turn("a", number));
  const auto calls = acknowledgements_of(batch);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].members.size() + calls[1].members.size() + calls[2].members.size(), 2'500U);
  EXPECT_EQ(calls[0].committed, nullptr);
  EXPECT_EQ(calls[2].committed, &batch.sessions[0]);
}

TEST(Acknowledgements, NameForeignKeysAsMembersButNotAsMessagesToDelete) {
  std::string wire;
  CommandEncoder out(wire);
  encode(out, KeySpace(), std::chrono::milliseconds(5), {"a", {"sync:dirty", "session:a:msg:1"}, nullptr});
  EXPECT_EQ(out.commands(), 1U);
  EXPECT_LT(wire.find("session:a:msg:1"), wire.rfind("sync:dirty"));
  // Seven keys; then the id, the TTL, and that one member is a message.
  EXPECT_NE(wire.find("\r\n$1\r\n7\r\n"), std::string::npos);
  EXPECT_NE(wire.find("\r\n$1\r\na\r\n$1\r\n5\r\n$1\r\n1\r\n$1\r\n0\r\n"), std::string::npos);
}

}  // namespace
}  // namespace chatsync::redis

#include "redis/acknowledgement.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

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
  const auto pieces = acknowledgements_of(batch);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].members, (std::vector<std::string_view>{"session:a:msg:1", "session:a:msg:3"}));
  EXPECT_EQ(pieces[0].committed, &batch.sessions[0]);
  EXPECT_EQ(pieces[2].session_id, "c");
  EXPECT_EQ(pieces[2].members, std::vector<std::string_view>{"odd"});
  EXPECT_EQ(pieces[2].committed, nullptr);
}

TEST(Acknowledgements, OfALargeSessionComeInPiecesWithItsOwnDataInTheLast) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "a"}};
  for (int number = 1; number <= 150; ++number) batch.turns.push_back(pending_turn("a", number));
  const auto pieces = acknowledgements_of(batch);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].members.size() + pieces[1].members.size() + pieces[2].members.size(), 150U);
  EXPECT_EQ(pieces[0].committed, nullptr);
  EXPECT_EQ(pieces[2].committed, &batch.sessions[0]);
}

TEST(Acknowledgements, OfReliefLeaveSessionsWithSeveralTurnsInTheIndex) {
  TurnBatch batch;
  batch.sessions = {{.session_id = "often"}, {.session_id = "once"}};
  batch.turns = {pending_turn("often", 1), pending_turn("often", 2), pending_turn("once", 3),
                 pending_turn("no-own-data", 4), pending_turn("no-own-data", 5)};
  for (const Acknowledgement& piece : acknowledgements_of(batch))
    EXPECT_FALSE(piece.stays) << piece.session_id;
  batch.of_relief = true;
  for (const Acknowledgement& piece : acknowledgements_of(batch)) {
    EXPECT_EQ(piece.stays, piece.session_id == "often") << piece.session_id;
  }
}

TEST(Acknowledgements, ShareCallsOfLimitedWorkWhichLeaveNoneOut) {
  TurnBatch batch;
  for (int number = 1; number <= 1'000; ++number) {
    batch.turns.push_back(pending_turn(std::to_string(number % 300), number));
  }
  for (int number = 1; number <= 500; ++number) batch.turns.push_back(pending_turn("large", number));
  std::vector<Acknowledgement> pieces = acknowledgements_of(batch);
  std::size_t members = 0;
  for (std::span<Acknowledgement> left = pieces; !left.empty();) {
    const auto call = first_call(left);
    std::size_t members_of_call = 0;
    for (const Acknowledgement& each : call) members_of_call += each.members.size();
    EXPECT_LE(members_of_call, 64U);
    EXPECT_LE(call.size(), 33U);
    members += members_of_call;
    left = left.subspan(call.size());
  }
  EXPECT_EQ(members, 1'500U);
}

TEST(Acknowledgements, NameForeignKeysAsMembersButNotAsMessagesToDelete) {
  std::string wire;
  CommandEncoder out(wire);
  std::vector<Acknowledgement> one{{"a", {"sync:dirty", "session:a:msg:1"}, nullptr}};
  encode(out, KeySpace(), std::chrono::milliseconds(5), one);
  EXPECT_EQ(out.commands(), 1U);
  EXPECT_LT(wire.find("session:a:msg:1"), wire.rfind("sync:dirty"));
  // Seven keys; then, of two members, that one is a message.
  EXPECT_NE(wire.find("\r\n$1\r\n7\r\n"), std::string::npos);
  EXPECT_NE(wire.find("\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\n1\r\n$1\r\n0\r\n"), std::string::npos);
}

}  // namespace
}  // namespace chatsync::redis

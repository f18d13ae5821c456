// TurnClaims, beside the TurnCache whose turns are claimed.
#include "contract/cache_contract.hpp"
#include "support/eventually.hpp"

namespace chatsync::test {
namespace {

constexpr std::chrono::milliseconds kLong = std::chrono::minutes(10);
constexpr std::chrono::milliseconds kShort{1};

class CacheClaims : public CacheContract {
 protected:
  ClaimState claim(const std::string& owner, std::chrono::milliseconds lease = kLong,
                   const std::string& request = "request") {
    return ok(rig().claims().claim(
        {.turn_id = turn_.turn_id, .session_id = "s", .request = request, .owner = owner}, lease));
  }

  ClaimedOutcome record_as(const std::string& owner, SessionPresence presence = SessionPresence::known_new) {
    return ok(rig().claims().record(turn_, presence, owner));
  }

  /// Waits for the end of an owner's lease, and is the owner then.
  void take_over(const std::string& owner) {
    ASSERT_TRUE(eventually([&] { return claim(owner) == ClaimState::granted; }));
  }

  const Turn turn_ = turn_of("s", 1);
};

TEST_P(CacheClaims, HaveOneOwner) {
  EXPECT_EQ(claim("a"), ClaimState::granted);
  EXPECT_EQ(claim("b"), ClaimState::running);
  EXPECT_EQ(claim("a"), ClaimState::granted);
}

TEST_P(CacheClaims, TellAnotherRequestApart) {
  claim("a");
  EXPECT_EQ(claim("b", kLong, "another"), ClaimState::other_request);
}

TEST_P(CacheClaims, RecordATurnAsTheCacheDoes) {
  claim("a");
  const ClaimedOutcome outcome = record_as("a");
  EXPECT_FALSE(outcome.lost);
  EXPECT_EQ(outcome.recorded.question_count, 1);
  Turn expected = turn_;
  expected.timestamp_us = outcome.recorded.timestamp_us;
  expected.seq = 1;
  EXPECT_EQ(pending_of("s"), std::vector<Turn>{expected});
  EXPECT_EQ(ok(cache().history("s")), std::vector<Turn>{expected});
  EXPECT_EQ(claimed_turns(), std::vector<Turn>{expected});
}

TEST_P(CacheClaims, NumberTheirTurnsAmongTheOthers) {
  record_turns("s", 2, 3);
  claim("a");
  EXPECT_EQ(record_as("a", SessionPresence::unknown).recorded.question_count, 3);
  EXPECT_EQ(record(turn_of("s", 4)).question_count, 4);
}

TEST_P(CacheClaims, LetNobodyRecordASecondTime) {
  claim("a");
  EXPECT_FALSE(record_as("a").lost);
  EXPECT_TRUE(record_as("a").lost);
  EXPECT_EQ(pending_of("s").size(), 1U);
}

TEST_P(CacheClaims, LetNobodyRecordWithoutOne) {
  EXPECT_TRUE(record_as("a").lost);
  claim("a");
  EXPECT_TRUE(record_as("b").lost);
  EXPECT_TRUE(pending_of("s").empty());
}

TEST_P(CacheClaims, TellWhenTheyAreDone) {
  claim("a");
  record_as("a");
  EXPECT_EQ(claim("b"), ClaimState::done);
  EXPECT_EQ(claim("a"), ClaimState::done);
  EXPECT_EQ(claim("b", kLong, "another"), ClaimState::other_request);
  ok(rig().claims().release(turn_.turn_id, "a"));
  EXPECT_EQ(claim("b"), ClaimState::done);
}

TEST_P(CacheClaims, CanBeTakenOverWhenTheirLeaseIsOver) {
  claim("frozen", kShort);
  take_over("b");
  EXPECT_FALSE(ok(rig().claims().renew(turn_.turn_id, "frozen", kLong)));
  EXPECT_TRUE(record_as("frozen").lost);
  EXPECT_FALSE(record_as("b").lost);
  EXPECT_TRUE(record_as("frozen").lost);
  EXPECT_EQ(pending_of("s").size(), 1U);
}

TEST_P(CacheClaims, LastAsLongAsTheyAreRenewed) {
  claim("a", std::chrono::seconds(30));
  EXPECT_TRUE(ok(rig().claims().renew(turn_.turn_id, "a", kShort)));
  take_over("b");
  EXPECT_TRUE(ok(rig().claims().renew(turn_.turn_id, "b", kLong)));
  EXPECT_EQ(claim("c"), ClaimState::running);
}

TEST_P(CacheClaims, AreFreeWhenTheyAreReleased) {
  claim("a");
  ok(rig().claims().release(turn_.turn_id, "b"));
  EXPECT_EQ(claim("b"), ClaimState::running);
  ok(rig().claims().release(turn_.turn_id, "a"));
  EXPECT_EQ(claim("b", kLong, "another"), ClaimState::granted);
}

TEST_P(CacheClaims, AreKeptWhereTheSessionMustBeLoadedFirst) {
  claim("a");
  EXPECT_TRUE(record_as("a", SessionPresence::unknown).recorded.session_missing);
  EXPECT_EQ(claim("b"), ClaimState::running);
  EXPECT_EQ(record_as("a").recorded.question_count, 1);
}

INSTANTIATE_TEST_SUITE_P(Contract, CacheClaims, every_cache(), cache_name);

}  // namespace
}  // namespace chatsync::test

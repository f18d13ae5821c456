#include "http/turn_terms.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

class TurnTerms : public ::testing::Test {
 protected:
  TurnTerms() {
    request_.method = Method::post;
    request_.target = "/chat";
    request_.body = "{}";
    request_.make_turn_fields().idempotency_key = "k";
  }

  Result<service::TurnRequest> read() { return read_turn_terms({.request = &request_, .caller = &caller_}); }

  Request request_;
  Caller caller_;
};

TEST_F(TurnTerms, AreNoneUnlessTheyAreGiven) {
  request_.make_turn_fields().idempotency_key.clear();
  const auto terms = read();
  ASSERT_TRUE(terms);
  EXPECT_FALSE(terms->key);
  EXPECT_EQ(terms->on_busy, service::OnBusy::enqueue);
}

TEST_F(TurnTerms, GiveTheSameKeyTheSameTurn) {
  const auto first = read();
  const auto again = read();
  EXPECT_EQ(first->key->turn_id, again->key->turn_id);
  EXPECT_EQ(first->key->session_id, again->key->session_id);
  EXPECT_EQ(first->key->digest, again->key->digest);
  EXPECT_EQ(first->key->turn_id.size(), 36U);
  EXPECT_EQ(first->key->turn_id[14], '8');
  EXPECT_NE(first->key->turn_id, first->key->session_id);
}

TEST_F(TurnTerms, TellKeysAndCallersApart) {
  const auto first = read();
  caller_.digest = "another";
  EXPECT_NE(read()->key->turn_id, first->key->turn_id);
  caller_.digest = {};
  request_.make_turn_fields().idempotency_key = "l";
  EXPECT_NE(read()->key->turn_id, first->key->turn_id);
}

TEST_F(TurnTerms, TellRequestsApart) {
  const auto first = read();
  request_.body = "{ }";
  EXPECT_EQ(read()->key->turn_id, first->key->turn_id);
  EXPECT_NE(read()->key->digest, first->key->digest);
  request_.body = "{}";
  request_.session_id = "s";
  EXPECT_NE(read()->key->digest, first->key->digest);
}

TEST_F(TurnTerms, NameTheFieldThatIsMalformed) {
  request_.make_turn_fields().idempotency_key = "\xc3\xa9";
  EXPECT_EQ(read().error().param, "Idempotency-Key");
  request_.make_turn_fields().on_busy = "later";
  EXPECT_EQ(read().error().param, "X-On-Busy");
}

}  // namespace
}  // namespace chatsync::http

#include "embedded/pending_key.hpp"

#include <gtest/gtest.h>

namespace chatsync::embedded {
namespace {

TEST(PendingKey, ReadsWhatItWrites) {
  const std::string key = pending_key_of("a.b-c_1", 1'700'000'000'000'001);
  EXPECT_EQ(key, "session:a.b-c_1:msg:1700000000000001");
  const auto name = parse_pending_key(key);
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->session_id, "a.b-c_1");
  EXPECT_EQ(name->timestamp_us, 1'700'000'000'000'001);
}

TEST(PendingKey, RefusesOtherForms) {
  for (const auto* key : {"", "session:", "session:a", "session:a:msg:", "session:a:msg:1x", "s:a:msg:1"}) {
    EXPECT_FALSE(parse_pending_key(key).has_value()) << key;
  }
}

}  // namespace
}  // namespace chatsync::embedded

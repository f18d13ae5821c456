#include "redis/key_space.hpp"

#include <gtest/gtest.h>

namespace chatsync::redis {
namespace {

TEST(KeySpace, PutsTheIdInLiterally) {
  EXPECT_EQ(KeySpace().prefix("abc"), "session:abc");
  EXPECT_EQ(KeySpace().message("abc", 1795392000000001), "session:abc:msg:1795392000000001");
}

TEST(KeySpace, TagsTheIdForACluster) {
  const KeySpace tagged(KeySpace::Form::tagged);
  EXPECT_EQ(tagged.prefix("abc"), "session:{abc}");
  EXPECT_EQ(tagged.session_of_pending("session:{abc}:pending_msgs"), "abc");
  EXPECT_EQ(tagged.session_of_pending("session:abc:pending_msgs"), std::nullopt);
  EXPECT_EQ(tagged.session_of_pending("session:{:pending_msgs"), std::nullopt);
}

TEST(KeySpace, FindsTheSessionOfAPendingSet) {
  const KeySpace keys;
  EXPECT_EQ(keys.session_of_pending("session:abc:pending_msgs"), "abc");
  EXPECT_EQ(keys.session_of_pending("session:a:b:pending_msgs"), "a:b");
  EXPECT_EQ(keys.session_of_pending("session::pending_msgs"), "");
  EXPECT_EQ(keys.session_of_pending("session:pending_msgs"), std::nullopt);
  EXPECT_EQ(keys.session_of_pending("session:abc:history"), std::nullopt);
  EXPECT_EQ(keys.session_of_pending("other:abc:pending_msgs"), std::nullopt);
}

TEST(KeySpace, FindsTheSessionOfACount) {
  EXPECT_EQ(KeySpace().session_of_count("session:abc:count"), "abc");
  EXPECT_EQ(KeySpace().session_of_count("session:abc:pending_msgs"), std::nullopt);
  EXPECT_EQ(KeySpace().session_of_count("session:count"), std::nullopt);
  const KeySpace tagged(KeySpace::Form::tagged);
  EXPECT_EQ(tagged.session_of_count("session:{abc}:count"), "abc");
  EXPECT_EQ(tagged.session_of_count("session:abc:count"), std::nullopt);
}

TEST(KeySpace, ReadsTheTimeStampOfAMessageKey) {
  EXPECT_EQ(KeySpace::message_timestamp("session:abc", "session:abc:msg:1"), 1);
  EXPECT_EQ(KeySpace::message_timestamp("session:abc", "session:abc:msg:253402300799999999"),
            253402300799999999);
}

TEST(KeySpace, TakesNoOtherFormOfATimeStamp) {
  for (const char* key :
       {"session:abc:msg:", "session:abc:msg:0", "session:abc:msg:-1", "session:abc:msg:+1",
        "session:abc:msg:01", "session:abc:msg:1.5", "session:abc:msg:1 ", "session:abc:msg:x",
        "session:abc:msg:253402300800000000", "session:abc:msg:99999999999999999999", "session:abcd:msg:1",
        "session:ab:msg:1", "session:abc:1", "msg:1", ""}) {
    EXPECT_EQ(KeySpace::message_timestamp("session:abc", key), std::nullopt) << key;
  }
}

}  // namespace
}  // namespace chatsync::redis

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redis/reply_matcher.hpp"

namespace chatsync::redis {
namespace {

using std::chrono::seconds;

/// A matcher, and what became of the requests put into it: "name=text …" or "name!kind".
class ReplyMatcherTest : public ::testing::Test {
 protected:
  void request(const std::string& name, int commands = 1, int at_s = 0) {
    for (int index = 0; index < commands; ++index) matcher.encoder().command({"ECHO", name});
    matcher.add(SteadyTime(seconds(at_s)), [this, name](Result<Replies> replies) {
      std::string line = name;
      if (!replies) line += replies.error().kind == ErrorKind::unavailable ? "!unavailable" : "!unknown";
      if (replies) {
        for (const Reply& reply : *replies) line += "=" + std::string(reply.view().text_or("?"));
      }
      ended.push_back(line);
      if (on_end) on_end(name);
    });
  }

  std::string send() {
    std::string bytes;
    matcher.take_output(bytes);
    return bytes;
  }

  const Error lost{ErrorKind::outcome_unknown, "lost", {}, {}};
  const Error down{ErrorKind::unavailable, "down", {}, {}};
  ReplyMatcher matcher;
  std::vector<std::string> ended;
  std::function<void(const std::string&)> on_end;
};

using Lines = std::vector<std::string>;

TEST_F(ReplyMatcherTest, GivesEachRequestItsOwnReplyInOrder) {
  request("a");
  request("b");
  send();
  EXPECT_TRUE(matcher.feed("+1\r\n+2\r\n").has_value());
  EXPECT_EQ(ended, (Lines{"a=1", "b=2"}));
  EXPECT_EQ(matcher.sent(), 0U);
}

TEST_F(ReplyMatcherTest, SendsWhatAccumulatedInOnePiece) {
  request("a");
  request("b");
  EXPECT_TRUE(matcher.has_output());
  EXPECT_EQ(send(), "*2\r\n$4\r\nECHO\r\n$1\r\na\r\n*2\r\n$4\r\nECHO\r\n$1\r\nb\r\n");
  EXPECT_FALSE(matcher.has_output());
}

TEST_F(ReplyMatcherTest, AnswersARequestOfSeveralCommandsOnceItHasAllReplies) {
  request("a", 3);
  request("b");
  send();
  EXPECT_TRUE(matcher.feed("+1\r\n-ERR 2\r\n").has_value());
  EXPECT_TRUE(ended.empty());
  EXPECT_TRUE(matcher.feed("+3\r\n+4\r\n").has_value());
  EXPECT_EQ(ended, (Lines{"a=1=ERR 2=3", "b=4"}));
}

TEST_F(ReplyMatcherTest, WaitsForAReplyThatIsCutAnywhere) {
  request("a");
  send();
  for (const char byte : std::string("$5\r\nhello\r")) EXPECT_TRUE(matcher.feed({&byte, 1}).has_value());
  EXPECT_TRUE(ended.empty());
  EXPECT_TRUE(matcher.feed("\n").has_value());
  EXPECT_EQ(ended, Lines{"a=hello"});
}

TEST_F(ReplyMatcherTest, AReplyThatNobodyAskedForBreaksTheStream) {
  request("unsent");
  EXPECT_FALSE(matcher.feed("+1\r\n").has_value());
  EXPECT_TRUE(ended.empty());
}

TEST_F(ReplyMatcherTest, BytesThatAreNotRedisBreakTheStream) {
  request("a");
  send();
  EXPECT_FALSE(matcher.feed("nonsense\r\n").has_value());
}

TEST_F(ReplyMatcherTest, ALostConnectionFailsWhatWasSentAndKeepsTheRest) {
  request("sent");
  send();
  request("unsent");
  matcher.drop_sent(lost);
  EXPECT_EQ(ended, Lines{"sent!unknown"});
  EXPECT_EQ(send(), "*2\r\n$4\r\nECHO\r\n$6\r\nunsent\r\n");
  EXPECT_TRUE(matcher.feed("+1\r\n").has_value());
  EXPECT_EQ(ended.back(), "unsent=1");
}

TEST_F(ReplyMatcherTest, HalfAReplyOfALostConnectionIsForgotten) {
  request("a");
  send();
  EXPECT_TRUE(matcher.feed("$5\r\nhel").has_value());
  matcher.drop_sent(lost);
  request("b");
  send();
  EXPECT_TRUE(matcher.feed("+1\r\n").has_value());
  EXPECT_EQ(ended, (Lines{"a!unknown", "b=1"}));
}

TEST_F(ReplyMatcherTest, DropsUnsentRequestsByAgeTogetherWithTheirBytes) {
  request("old", 2, 1);
  request("middle", 1, 2);
  request("young", 1, 3);
  matcher.drop_unsent(SteadyTime(seconds(2)), down);
  EXPECT_EQ(ended, (Lines{"old!unavailable", "middle!unavailable"}));
  EXPECT_EQ(send(), "*2\r\n$4\r\nECHO\r\n$5\r\nyoung\r\n");
  EXPECT_TRUE(matcher.feed("+1\r\n").has_value());
  EXPECT_EQ(ended.back(), "young=1");
}

TEST_F(ReplyMatcherTest, DropsNoSentRequestAsUnsent) {
  request("sent", 1, 1);
  send();
  request("unsent", 1, 1);
  matcher.drop_unsent(SteadyTime::max(), down);
  EXPECT_EQ(ended, Lines{"unsent!unavailable"});
  EXPECT_EQ(matcher.sent(), 1U);
}

TEST_F(ReplyMatcherTest, KnowsTheOldestOfBothKinds) {
  EXPECT_FALSE(matcher.oldest_sent().has_value());
  request("a", 1, 1);
  request("b", 1, 2);
  EXPECT_FALSE(matcher.oldest_sent().has_value());
  EXPECT_EQ(matcher.oldest_unsent(), SteadyTime(seconds(1)));
  send();
  request("c", 1, 3);
  EXPECT_EQ(matcher.oldest_sent(), SteadyTime(seconds(1)));
  EXPECT_EQ(matcher.oldest_unsent(), SteadyTime(seconds(3)));
  EXPECT_TRUE(matcher.feed("+1\r\n").has_value());
  EXPECT_EQ(matcher.oldest_sent(), SteadyTime(seconds(2)));
}

TEST_F(ReplyMatcherTest, AHandlerMayAddARequest) {
  on_end = [this](const std::string& name) {
    if (name == "a") request("from a");
  };
  request("a");
  request("b");
  send();
  EXPECT_TRUE(matcher.feed("+1\r\n+2\r\n").has_value());
  EXPECT_EQ(ended, (Lines{"a=1", "b=2"}));
  send();
  EXPECT_TRUE(matcher.feed("+3\r\n").has_value());
  EXPECT_EQ(ended.back(), "from a=3");
}

TEST_F(ReplyMatcherTest, AHandlerMayDropTheOthers) {
  on_end = [this](const std::string& name) {
    if (name == "a") matcher.drop_sent(lost);
  };
  request("a");
  request("b");
  send();
  EXPECT_TRUE(matcher.feed("+1\r\n").has_value());
  EXPECT_EQ(ended, (Lines{"a=1", "b!unknown"}));
}

TEST_F(ReplyMatcherTest, ARequestAddedWhileOthersFailIsNotFailedWithThem) {
  on_end = [this](const std::string& name) {
    if (name == "a") request("again");
  };
  request("a");
  matcher.drop_unsent(SteadyTime::max(), down);
  EXPECT_EQ(ended, Lines{"a!unavailable"});
  EXPECT_EQ(matcher.unsent(), 1U);
}

TEST_F(ReplyMatcherTest, NoticesThatTheServerIsNoMasterAnyMore) {
  request("a");
  send();
  EXPECT_FALSE(matcher.demoted());
  EXPECT_TRUE(matcher.feed("-READONLY You can't write against a read only replica.\r\n").has_value());
  EXPECT_TRUE(matcher.demoted());
  matcher.drop_sent(lost);
  EXPECT_FALSE(matcher.demoted());
}

TEST_F(ReplyMatcherTest, NoticesItAlsoAmongAScriptsResults) {
  request("a");
  send();
  EXPECT_TRUE(
      matcher.feed("*2\r\n:1\r\n-READONLY You can't write against a read only replica.\r\n").has_value());
  EXPECT_TRUE(matcher.demoted());
}

TEST_F(ReplyMatcherTest, IsFullAtItsLimits) {
  EXPECT_FALSE(matcher.full());
  request(std::string(ReplyMatcher::kMaxUnsentBytes, 'x'));
  EXPECT_TRUE(matcher.full());
  send();
  EXPECT_FALSE(matcher.full());
  for (std::size_t index = 1; index < ReplyMatcher::kMaxRequests; ++index) request("r");
  EXPECT_TRUE(matcher.full());
}

}  // namespace
}  // namespace chatsync::redis

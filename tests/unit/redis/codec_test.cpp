#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "redis/command_encoder.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {
namespace {

TEST(CommandEncoder, WritesACommandAsAnArrayOfBulkStrings) {
  std::string out;
  CommandEncoder(out).command({"GET", "session:abc:count"});
  EXPECT_EQ(out, "*2\r\n$3\r\nGET\r\n$17\r\nsession:abc:count\r\n");
}

TEST(CommandEncoder, KeepsZeroBytesLineEndsAndEmptyArguments) {
  std::string out;
  CommandEncoder(out).command({"SET", std::string_view("a\0\r\n", 4), ""});
  EXPECT_EQ(out, std::string("*3\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n", 29));
}

TEST(CommandEncoder, JoinsTheTwoPiecesOfAnArgument) {
  std::string out;
  CommandEncoder encoder(out);
  encoder.begin(2);
  encoder.argument("LLEN");
  encoder.argument("session:abc", ":history");
  EXPECT_EQ(out, "*2\r\n$4\r\nLLEN\r\n$19\r\nsession:abc:history\r\n");
}

TEST(CommandEncoder, WritesTheSmallestAndTheGreatestNumber) {
  std::string out;
  CommandEncoder encoder(out);
  encoder.begin(2);
  encoder.argument(INT64_MIN);
  encoder.argument(INT64_MAX);
  EXPECT_EQ(out, "*2\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n");
}

TEST(CommandEncoder, WritesConstantsAsItWritesOtherArguments) {
  std::string out;
  CommandEncoder encoder(out);
  encoder.argument(ConstantArgument(""));
  encoder.argument(ConstantArgument("nine char"));
  encoder.argument(ConstantArgument("created_at"));
  EXPECT_EQ(out, "$0\r\n\r\n$9\r\nnine char\r\n$10\r\ncreated_at\r\n");
}

TEST(CommandEncoder, AppendsAndCountsCommands) {
  std::string out = "before";
  CommandEncoder encoder(out);
  encoder.command({"PING"});
  encoder.command({"PING"});
  EXPECT_EQ(encoder.commands(), 2U);
  EXPECT_TRUE(out.starts_with("before*1"));
}

Reply only_reply(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  EXPECT_TRUE(reply.has_value());
  return reply ? std::move(*reply) : Reply();
}

TEST(ReplyReader, ReadsEveryKindOfReply) {
  const Reply whole =
      only_reply(std::string_view("*5\r\n:42\r\n$3\r\na\0b\r\n+OK\r\n$-1\r\n-ERR no\r\n", 37));
  ASSERT_EQ(whole.view().size(), 5U);
  EXPECT_EQ(whole[0].integer(), 42);
  EXPECT_EQ(whole[1].text(), std::string_view("a\0b", 3));
  EXPECT_EQ(whole[2].text(), "OK");
  EXPECT_TRUE(whole[3].is_nil());
  EXPECT_TRUE(whole[4].is_error());
}

TEST(ReplyReader, WaitsForTheRestOfAReplyThatComesByteByByte) {
  ReplyReader reader;
  const std::string bytes = "*2\r\n$5\r\nhello\r\n:-7\r\n";
  for (std::size_t index = 0; index + 1 < bytes.size(); ++index) {
    reader.feed(std::string_view(bytes).substr(index, 1));
    ASSERT_FALSE(reader.next().has_value()) << index;
  }
  reader.feed("\n");
  const auto reply = reader.next();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ((*reply)[1].integer(), -7);
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

TEST(ReplyReader, ReadsArraysThatAreLargerAndSmallerThanTheOnesBefore) {
  ReplyReader reader;
  std::vector<Reply> replies;
  const std::vector<std::size_t> sizes = {1, 300, 100'000, 0, 40, 5'000, 1, 70'000};
  for (const std::size_t size : sizes) {
    const std::string text(size, 'x');
    const std::string pair = bulk(text + 'a').append(bulk(text + 'b'));
    for (const std::string_view piece : {"*4\r\n", pair.c_str(), "*2\r\n", pair.c_str(), ":7\r\n*0\r\n"}) {
      reader.feed(piece);
    }
    for (auto reply = reader.next(); reply; reply = reader.next()) replies.push_back(std::move(*reply));
  }
  ASSERT_EQ(replies.size(), 2 * sizes.size());
  for (std::size_t index = 0; index < sizes.size(); ++index) {
    const std::string text(sizes[index], 'x');
    const Reply& reply = replies[2 * index];
    EXPECT_EQ(reply[0].text(), text + 'a') << sizes[index];
    EXPECT_EQ(reply[1].text(), text + 'b') << sizes[index];
    EXPECT_EQ(reply[2][0].text(), text + 'a') << sizes[index];
    EXPECT_EQ(reply[2][1].text(), text + 'b') << sizes[index];
    EXPECT_EQ(reply[3].integer(), 7) << sizes[index];
  }
}

TEST(ReplyReader, SaysWhenTheBytesAreNotRedis) {
  ReplyReader reader;
  reader.feed("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_FALSE(reader.broken().empty());
}

TEST(ReplyView, GivesNothingWhereTheReplyIsOfAnotherShape) {
  const Reply text = only_reply("$3\r\nabc\r\n");
  EXPECT_FALSE(text.view().integer().has_value());
  EXPECT_EQ(text.view().size(), 0U);
  EXPECT_TRUE(text[3].is_nil());
  EXPECT_TRUE(text[3][1].is_nil());
  EXPECT_EQ(ReplyView().text_or("none"), "none");
}

TEST(ReplyView, ReadsAStringThatIsANumberAndNoOther) {
  EXPECT_EQ(only_reply("$2\r\n12\r\n").view().integer(), 12);
  EXPECT_FALSE(only_reply("$3\r\n12x\r\n").view().integer().has_value());
  EXPECT_FALSE(only_reply("$0\r\n\r\n").view().integer().has_value());
}

}  // namespace
}  // namespace chatsync::redis

#include "base/dotenv.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync {
namespace {

std::vector<DotEnvEntry> entries_of(std::string_view text) {
  auto entries = parse_dotenv(".env", text);
  if (!entries) {
    ADD_FAILURE() << entries.error().message;
    return {};
  }
  return *entries;
}

/// The value of a text that holds one entry.
std::string value_of(std::string_view text) {
  const auto entries = entries_of(text);
  EXPECT_EQ(entries.size(), 1U);
  return entries.empty() ? "" : entries.front().value;
}

std::string error_of(std::string_view text) {
  const auto entries = parse_dotenv("my.env", text);
  EXPECT_FALSE(entries.has_value());
  return entries ? "" : entries.error().message;
}

TEST(DotEnv, ReadsKeyAndValue) {
  const auto entries = entries_of("REDIS_HOST=localhost\n");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].key, "REDIS_HOST");
  EXPECT_EQ(entries[0].value, "localhost");
}

TEST(DotEnv, NumbersLinesFromOneAcrossCommentsAndEmptyLines) {
  const auto entries = entries_of("# first\n\nA=1\n  # indented\nB=2");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].line, 3U);
  EXPECT_EQ(entries[1].line, 5U);
}

TEST(DotEnv, EndsAnUnquotedValueAtAHashAfterWhiteSpace) { EXPECT_EQ(value_of("A=300  # giây"), "300"); }

TEST(DotEnv, KeepsAHashInsideAWord) { EXPECT_EQ(value_of("A=pass#word"), "pass#word"); }

TEST(DotEnv, KeepsAHashThatFollowsTheEqualsSign) { EXPECT_EQ(value_of("A=#1"), "#1"); }

TEST(DotEnv, TakesACommentAfterAnEmptyValue) { EXPECT_EQ(value_of("A=  # nothing"), ""); }

TEST(DotEnv, KeepsHashInsideQuotes) {
  EXPECT_EQ(value_of("A=\"a # b\""), "a # b");
  EXPECT_EQ(value_of("A='a # b'"), "a # b");
}

TEST(DotEnv, TakesACommentAfterQuotes) { EXPECT_EQ(value_of("A='x' # why"), "x"); }

TEST(DotEnv, AllowsEmptyValues) {
  EXPECT_EQ(value_of("A="), "");
  EXPECT_EQ(value_of("A=\"\""), "");
}

TEST(DotEnv, KeepsSpacesWithinAnUnquotedValue) { EXPECT_EQ(value_of("A= two words  "), "two words"); }

TEST(DotEnv, KeepsEqualsSignsInValues) { EXPECT_EQ(value_of("A=b=c=="), "b=c=="); }

TEST(DotEnv, TakesEverythingLiterallyInSingleQuotes) { EXPECT_EQ(value_of("A='a\\n$b\"'"), "a\\n$b\""); }

TEST(DotEnv, KnowsEscapesInDoubleQuotes) {
  EXPECT_EQ(value_of(R"(A="a\n\t\r\"\\\$b\d")"), "a\n\t\r\"\\$b\\d");
}

TEST(DotEnv, ExpandsNothing) { EXPECT_EQ(value_of("A=${HOME}/x"), "${HOME}/x"); }

TEST(DotEnv, ReadsQuotedValuesOfSeveralLines) {
  const auto entries = entries_of("KEY=\"-----BEGIN\r\nxyz\"\r\nB=2");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].value, "-----BEGIN\nxyz");
  EXPECT_EQ(entries[1].line, 3U);
}

TEST(DotEnv, SkipsExport) {
  const auto entries = entries_of("export A=1\nexport\tB=2\nexport=3");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].key, "A");
  EXPECT_EQ(entries[1].key, "B");
  EXPECT_EQ(entries[2].key, "export");
}

TEST(DotEnv, AllowsWhiteSpaceAroundTheEqualsSign) { EXPECT_EQ(value_of(" A \t= b"), "b"); }

TEST(DotEnv, ReadsCrLfFiles) {
  const auto entries = entries_of("A=1\r\n\r\nB='2'\r\n# c\r\nC=3 # d\r\n");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].value, "1");
  EXPECT_EQ(entries[1].value, "2");
  EXPECT_EQ(entries[2].value, "3");
}

TEST(DotEnv, SkipsAByteOrderMark) {
  EXPECT_EQ(entries_of("\xEF\xBB\xBF"
                       "A=1")
                .front()
                .key,
            "A");
}

TEST(DotEnv, KeepsRepeatedKeysInOrder) {
  const auto entries = entries_of("A=1\nA=2");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].value, "2");
}

TEST(DotEnv, AcceptsAnEmptyFile) { EXPECT_TRUE(entries_of("").empty()); }

TEST(DotEnv, NamesFileAndLineOfALineWithoutEqualsSign) {
  EXPECT_EQ(error_of("A=1\nnonsense\n"), "my.env:2: expected KEY=VALUE");
}

TEST(DotEnv, RefusesAKeyThatIsNoName) { EXPECT_EQ(error_of("1A=2"), "my.env:1: expected KEY=VALUE"); }

TEST(DotEnv, NamesTheLineWhereAnOpenQuoteBegins) {
  EXPECT_EQ(error_of("A=1\nB=\"open\nC=3\n"), "my.env:2: the quote \" is never closed");
}

TEST(DotEnv, RefusesTextAfterAClosingQuote) {
  EXPECT_EQ(error_of("A='x'y"), "my.env:1: unexpected text after the closing quote");
}

TEST(DotEnv, SaysThatAUtf16FileMustBeUtf8) {
  EXPECT_EQ(error_of(std::string_view("\xFF\xFE"
                                      "A\0",
                                      4)),
            "my.env:1: the file is UTF-16; save it as UTF-8");
}

TEST(DotEnv, RefusesZeroBytes) {
  EXPECT_NE(error_of(std::string_view("A=\0", 3)).find("zero bytes"), std::string::npos);
}

}  // namespace
}  // namespace chatsync

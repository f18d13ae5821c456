#include "chat/conversation_title.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chatsync {
namespace {

TEST(ConversationTitle, IsAShortQuestionOnOneLine) {
  EXPECT_EQ(title_of_question("  Chuyến đi\n\n Huế ngày mai? \t"), "Chuyến đi Huế ngày mai?");
  EXPECT_EQ(title_of_question(""), "");
  EXPECT_EQ(title_of_question(" \n"), "");
}

TEST(ConversationTitle, IsCutBetweenWordsAfterSixtyCharacters) {
  const std::string sixty = "một hai ba bốn năm sáu bảy tám chín mười một hai ba bốn năm ";
  EXPECT_EQ(title_of_question(sixty + "sáu bảy"),
            "một hai ba bốn năm sáu bảy tám chín mười một hai ba bốn năm…");
}

TEST(ConversationTitle, CutsALongWordButNoCharacter) {
  std::string word;
  std::string sixty;
  for (int i = 0; i < 100; ++i) word += "ế";
  for (int i = 0; i < 60; ++i) sixty += "ế";
  EXPECT_EQ(title_of_question(word), sixty + "…");
}

}  // namespace
}  // namespace chatsync

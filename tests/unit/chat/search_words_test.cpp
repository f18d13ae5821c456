#include "chat/search_words.hpp"

#include <gmock/gmock.h>

namespace chatsync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SearchWords, AreSplitAtBlanksAndPunctuation) {
  EXPECT_THAT(search_words("Hà Nội, (đường) \"9\"+x* a_b"),
              ElementsAre("Hà", "Nội", "đường", "9", "x", "a_b"));
  EXPECT_THAT(search_words(" +-*\"() "), IsEmpty());
}

TEST(SearchWords, AreAtMostSixteen) {
  EXPECT_EQ(search_words("a b c d e f g h i j k l m n o p q r s").size(), kMaxSearchWords);
}

TEST(SearchWords, AreMadeThreeCharactersLong) {
  EXPECT_EQ(with_long_words("Ở Hà Nội,đi!"), "Ở__ Hà_ Nội đi_");
  EXPECT_EQ(with_long_words(""), "");
}

TEST(Snippet, IsAShortTextAsItIs) { EXPECT_EQ(snippet_of("Đường về Huế", {"huế"}), "Đường về Huế"); }

TEST(Snippet, IsWhatStandsAroundTheFirstWordOfALongText) {
  const std::string filler(200, 'x');
  const std::string snippet = snippet_of(filler + " Needle " + filler, {"nothing", "needle"});
  EXPECT_NE(snippet.find("Needle"), std::string::npos);
  EXPECT_TRUE(snippet.starts_with("…x"));
  EXPECT_TRUE(snippet.ends_with("x…"));
  EXPECT_LT(snippet.size(), 200U);
}

TEST(Snippet, CutsNoCharacter) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "ế";
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string snippet = snippet_of(std::string(shift, 'a') + text, {"b"});
    EXPECT_EQ(snippet.size() % 3, shift % 3) << snippet;
  }
}

}  // namespace
}  // namespace chatsync

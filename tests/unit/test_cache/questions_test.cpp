#include "test_cache/questions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chatsync::test_cache {
namespace {

TEST(TestCacheQuestions, AreTheSameEachTime) { EXPECT_EQ(question_text(2, 3), question_text(2, 3)); }

TEST(TestCacheQuestions, DifferForEachClientAndMessage) {
  std::set<std::string> questions;
  for (int client = 1; client <= 20; ++client) {
    for (int message = 1; message <= 50; ++message) questions.insert(question_text(client, message));
  }
  EXPECT_EQ(questions.size(), 1000U);
}

TEST(TestCacheQuestions, BeginInVietnamese) {
  EXPECT_EQ(question_text(1, 1), "Câu hỏi 1.1: Hà Nội hôm nay thời tiết thế nào?");
}

}  // namespace
}  // namespace chatsync::test_cache

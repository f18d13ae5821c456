#include "base/post_together.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

namespace chatsync {
namespace {

struct Item {
  boost::asio::io_context* executor;
  std::string name;
};

/// Items of two executors, of which each keeps what it ran.
class PostTogether : public ::testing::Test {
 protected:
  void post(std::vector<Item> items) {
    post_together(
        std::move(items), [](const Item& item) { return item.executor->get_executor(); },
        [this](Item& item) { ran_.push_back(item.name); });
  }

  boost::asio::io_context one_{1};
  boost::asio::io_context other_{1};
  std::vector<std::string> ran_;
};

TEST_F(PostTogether, EachItemRunsOnItsOwnExecutorInOrder) {
  post({{&one_, "a"}, {&other_, "b"}, {&one_, "c"}, {&other_, "d"}});
  EXPECT_TRUE(ran_.empty()) << "nothing runs where it is posted";
  other_.poll();
  EXPECT_EQ(ran_, (std::vector<std::string>{"b", "d"}));
  one_.poll();
  EXPECT_EQ(ran_, (std::vector<std::string>{"b", "d", "a", "c"}));
}

TEST_F(PostTogether, AllItemsOfAnExecutorAreOneHandler) {
  post({{&one_, "a"}, {&one_, "b"}, {&one_, "c"}});
  EXPECT_EQ(one_.poll(), 1U);
  EXPECT_EQ(ran_.size(), 3U);
}

TEST_F(PostTogether, NoItemsAreNoHandler) {
  post({});
  EXPECT_EQ(one_.poll() + other_.poll(), 0U);
}

}  // namespace
}  // namespace chatsync

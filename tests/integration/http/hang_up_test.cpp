// Clients that hang up while their reply is on its way, under load: nobody may ever see another's reply, and
// every turn whose request was whole is recorded.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

constexpr int kHangUps = 8'000 / CHATSYNC_TEST_SCALE_DOWN;
constexpr int kThreads = 4;

std::string question(int thread, int number) {
  return "later " + std::to_string(thread) + "-" + std::to_string(number) + "-" + std::to_string(number % 8);
}

/// Sends requests and hangs up in every way there is; every third client stays and looks at its replies.
void torment(const HttpRig& rig, int thread, std::atomic<int>& wrong) {
  for (int i = 0; i < kHangUps / kThreads; ++i) {
    auto client = rig.client();
    const std::string session = "s-" + std::to_string(thread) + "-" + std::to_string(i);
    const std::string first = question(thread, i);
    const std::string second = question(thread, i + 1'000'000);
    client.send(post_bytes("/chat", chat_body(first, session)) +
                post_bytes("/chat", chat_body(second, session)));
    switch (i % 6) {
      case 0:
        client.abort();
        break;
      case 1:
        break;  // An orderly close with the replies unread.
      case 2:
        client.half_close();
        break;
      case 3:
        if (answer_of(client.read_response()) != "Echo: " + first) ++wrong;
        client.abort();
        break;
      default:
        for (const std::string& expected : {first, second}) {
          const auto reply = client.read_response();
          if (answer_of(reply) != "Echo: " + expected ||
              reply.json().at("session_id") != boost::json::string(session))
            ++wrong;
        }
    }
  }
}

TEST(HttpHangUp, NeverShowsAnyoneTheReplyOfAnother) {
  HttpRig rig(HttpRig::options(), 2);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&rig, &wrong, thread] {
        try {
          torment(rig, thread, wrong);
        } catch (const std::exception& exception) {
          ADD_FAILURE() << "a reply could not be read: " << exception.what();
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(test::eventually([&] { return rig.server->open_connections() == 0; }));
}

TEST(HttpHangUp, DoesNotKeepATurnFromBeingRecorded) {
  HttpRig rig;
  constexpr int kClients = 50;
  for (int i = 0; i < kClients; ++i) {
    auto client = rig.client();
    client.send(post_bytes("/chat", chat_body("hold", "s" + std::to_string(i))));
    ASSERT_TRUE(test::eventually([&] { return rig.workers[0]->answerer.holding == i + 1; }));
    client.abort();
  }
  EXPECT_EQ(rig.recorded_turns(), 0U);
  rig.release();
  EXPECT_TRUE(test::eventually([&] { return rig.recorded_turns() == kClients; }));
  EXPECT_TRUE(test::eventually([&] { return rig.server->open_connections() == 0; }));
}

}  // namespace
}  // namespace chatsync::http

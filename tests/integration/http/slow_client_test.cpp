// Clients that send or read too slowly. The tests wait for the server's own deadlines, which are short.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

constexpr std::chrono::milliseconds kShort{60};

TEST(SlowClient, IsToldThatItsHeaderTookTooLong) {
  HttpOptions options = HttpRig::options();
  options.header_timeout = kShort;
  HttpRig rig(options);
  auto client = rig.client();
  client.send("GET / HTTP/1.1\r\nHo");
  const auto response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(SlowClient, GetsNoMoreTimeByTrickling) {
  HttpOptions options = HttpRig::options();
  options.header_timeout = std::chrono::milliseconds(300);
  HttpRig rig(options);
  auto client = rig.client();
  client.send("GET / HTTP/1.1\r\nX: ");
  std::atomic<bool> refused = false;
  std::thread trickle([&] {
    // Bytes come all the time, much more often than the deadline.
    try {
      while (!refused) {
        client.send("x");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    } catch (const std::runtime_error&) {
      // The server has closed the connection.
    }
  });
  EXPECT_EQ(client.read_response().status, 408);
  refused = true;
  trickle.join();
}

TEST(SlowClient, IsToldThatItsBodyTookTooLong) {
  HttpOptions options = HttpRig::options();
  options.body_timeout = kShort;
  HttpRig rig(options);
  for (const char* head : {"Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"}) {
    auto client = rig.client();
    client.send("POST /chat HTTP/1.1\r\nHost: a\r\n" + std::string(head));
    EXPECT_EQ(client.read_response().status, 408) << head;
    EXPECT_TRUE(client.closed_by_server());
  }
}

TEST(SlowClient, LosesAConnectionThatItDoesNotUse) {
  HttpOptions options = HttpRig::options();
  options.idle_timeout = kShort;
  HttpRig rig(options);
  auto unused = rig.client();
  auto used = rig.client();
  EXPECT_EQ(used.get("/healthz").status, 200);
  EXPECT_TRUE(unused.closed_by_server());
  EXPECT_TRUE(used.closed_by_server());
}

TEST(SlowClient, IsCutOffIfItDoesNotReadItsReply) {
  HttpOptions options = HttpRig::options();
  options.write_timeout = std::chrono::milliseconds(200);
  options.max_body_bytes = 16 * 1024 * 1024;
  HttpRig rig(options);
  auto client = rig.client();
  client.send(post_bytes("/chat", chat_body(std::string(12'000'000, 'x'))));
  ASSERT_TRUE(test::eventually([&] { return rig.recorded_turns() == 1; }));
  EXPECT_TRUE(test::eventually([&] { return rig.server->open_connections() == 0; }));
}

TEST(SlowClient, HasAllTheTimeAHandlerNeeds) {
  HttpOptions options = HttpRig::options();
  options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout = kShort;
  HttpRig rig(options);
  auto client = rig.client();
  auto idle = rig.client();
  client.send(post_bytes("/chat", chat_body("hold")));
  // By the time the idle one is closed, every deadline there is would have come.
  EXPECT_TRUE(idle.closed_by_server());
  rig.release();
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(SlowClient, IsServedAfterItsIdleMemoryWasGivenBack) {
  HttpOptions options = HttpRig::options();
  options.idle_timeout = std::chrono::minutes(10);
  HttpRig rig(options);
  auto client = rig.client();
  EXPECT_EQ(client.request("POST", "/chat", chat_body(std::string(100'000, 'x'))).status, 200);
  // Longer than the server keeps the memory of a connection that waits.
  std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
  EXPECT_EQ(answer_of(client.request("POST", "/chat", chat_body("again"))), "Echo: again");
}

}  // namespace
}  // namespace chatsync::http

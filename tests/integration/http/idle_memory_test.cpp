#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

TEST(HttpIdleConnection, TakesLittleMemory) {
  if (CHATSYNC_TEST_SCALE_DOWN > 1) return;  // Sanitizers keep books of their own.
  constexpr std::size_t kConnections = 400;
  HttpRig rig;
  const auto used = [] { return mallinfo2().uordblks; };
  std::vector<test::HttpClient> clients;
  clients.reserve(kConnections);
  const std::string message(20'000, 'x');
  ASSERT_EQ(rig.client().request("POST", "/chat", chat_body(message)).status, 200);
  ASSERT_TRUE(test::eventually([&] { return rig.server->open_connections() == 0; }));
  const std::size_t before = used();
  for (std::size_t i = 0; i < kConnections; ++i) {
    clients.push_back(rig.client());
    ASSERT_EQ(clients.back().request("GET", "/healthz", message).status, 200);
  }
  // The great buffers of the requests go back after a second.
  EXPECT_TRUE(
      test::eventually([&] { return (used() - before) / kConnections < 6'000; }, std::chrono::seconds(20)))
      << (used() - before) / kConnections << " bytes a connection";
}

}  // namespace
}  // namespace chatsync::http

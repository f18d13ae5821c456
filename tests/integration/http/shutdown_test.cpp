#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

bool is_ready(const std::future<void>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// Returns once the server does not listen any more, which is the first thing that stop() does.
void await_refusal(std::uint16_t port) {
  ASSERT_TRUE(test::eventually([&] {
    try {
      test::HttpClient{port};
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
}

TEST(HttpShutdown, ClosesIdleConnectionsAtOnce) {
  HttpRig rig;
  auto used = rig.client();
  auto unused = rig.client();
  EXPECT_EQ(used.get("/healthz").status, 200);
  rig.stop();
  EXPECT_TRUE(used.closed_by_server());
  EXPECT_TRUE(unused.closed_by_server());
  EXPECT_EQ(rig.server->open_connections(), 0U);
}

TEST(HttpShutdown, AnswersWhatIsInFlightAndSaysThatItWasTheLast) {
  HttpRig rig(HttpRig::options(), 2);
  std::vector<test::HttpClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(rig.client());
    clients.back().send(post_bytes("/chat", chat_body("hold " + std::to_string(i))));
  }
  ASSERT_TRUE(test::eventually(
      [&] { return rig.workers[0]->answerer.holding + rig.workers[1]->answerer.holding == 8; }));
  const auto stopped = rig.begin_stop();
  await_refusal(rig.port);
  EXPECT_FALSE(is_ready(stopped));
  for (std::size_t i = 0; i < 2; ++i) rig.on_worker([](RigWorker& worker) { worker.answerer.release(); }, i);
  for (int i = 0; i < 8; ++i) {
    const auto response = clients[i].read_response();
    EXPECT_EQ(answer_of(response), "Echo: hold " + std::to_string(i));
    EXPECT_EQ(response.header("connection"), "close");
    EXPECT_TRUE(clients[i].closed_by_server());
  }
  clients.clear();
  stopped.wait();
}

TEST(HttpShutdown, AnswersARequestWhoseHeaderHasBegun) {
  HttpRig rig;
  auto client = rig.client();
  EXPECT_EQ(client.get("/healthz").status, 200);
  client.send("GET /healthz HT");
  auto other = rig.client();
  EXPECT_EQ(other.get("/healthz").status, 200);  // By now the server has read the part, too.
  const auto stopped = rig.begin_stop();
  await_refusal(rig.port);
  client.send("TP/1.1\r\nHost: a\r\n\r\n");
  const auto response = client.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpShutdown, AnswersARequestThatHasArrivedButWasNotReadYet) {
  HttpRig rig;
  auto client = rig.client();
  EXPECT_EQ(client.get("/healthz").status, 200);
  std::promise<void> resume;
  boost::asio::post(rig.workers[0]->io, [&] { resume.get_future().wait(); });
  // The thread of the connection is kept from reading while both of these come.
  client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto stopped = rig.begin_stop();
  resume.set_value();
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_TRUE(client.closed_by_server());
  stopped.wait();
}

TEST(HttpShutdown, AnswersAllThatAPipelineHasBegun) {
  HttpRig rig;
  auto client = rig.client();
  std::string bytes;
  for (int i = 0; i < 5; ++i) bytes += post_bytes("/chat", chat_body("hold " + std::to_string(i)));
  client.send(bytes);
  ASSERT_TRUE(test::eventually([&] { return rig.workers[0]->answerer.holding == 1; }));
  const auto stopped = rig.begin_stop();
  await_refusal(rig.port);
  rig.release();
  for (int i = 0; i < 5; ++i) {
    const auto response = client.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("connection"), i == 4 ? "close" : "") << i;
  }
}

TEST(HttpShutdown, CutsWhatTakesTooLong) {
  HttpRig rig;
  auto half = rig.client();
  half.send("GET / HT");
  auto client = rig.client();
  client.send(post_bytes("/chat", chat_body("hold")));
  ASSERT_TRUE(test::eventually([&] { return rig.workers[0]->answerer.holding == 1; }));
  const auto stopped = rig.begin_stop();
  await_refusal(rig.port);
  rig.server->force_close();
  EXPECT_TRUE(half.closed_by_server());
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(is_ready(stopped));  // The handler still runs, and is waited for.
  rig.release();
  stopped.wait();
  EXPECT_EQ(rig.recorded_turns(), 1U);
}

TEST(HttpListen, SaysWhoseFaultItIsThatThePortIsTaken) {
  HttpRig rig;
  HttpOptions options = HttpRig::options();
  options.port = rig.port;
  SystemClock clock;
  HttpServer second(options, {{rig.workers[0]->io.get_executor(), &rig.workers[0]->chat}}, clock, {});
  const auto listening = second.listen();
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().param, "HTTP_PORT");
  EXPECT_NE(listening.error().message.find("127.0.0.1:" + std::to_string(rig.port)), std::string::npos)
      << listening.error().message;
  EXPECT_NE(listening.error().message.find("another process"), std::string::npos);
}

TEST(HttpListen, NamesAHostThatDoesNotExist) {
  boost::asio::io_context io;
  HttpRig rig;
  HttpOptions options = HttpRig::options();
  options.host = "256.0.0.1.invalid";
  SystemClock clock;
  HttpServer server(options, {{io.get_executor(), &rig.workers[0]->chat}}, clock, {});
  const auto listening = server.listen();
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().param, "HTTP_HOST");
}

TEST(HttpListen, TakesItsPortAgainAfterARestart) {
  HttpOptions options = HttpRig::options();
  {
    HttpRig rig;
    options.port = rig.port;
    EXPECT_EQ(rig.client().get("/healthz").status, 200);
  }
  HttpRig again(options);
  EXPECT_EQ(again.port, options.port);
  EXPECT_EQ(again.client().get("/healthz").status, 200);
}

}  // namespace
}  // namespace chatsync::http

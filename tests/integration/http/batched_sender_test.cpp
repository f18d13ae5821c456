#include "http/batched_sender.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <cerrno>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace chatsync::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using http::BatchedSender;
using SystemCalls = BatchedSender::SystemCalls;

/// Our end of a connection, and the client's.
struct Pair {
  tcp::socket ours;
  tcp::socket client;
};

class BatchedSenderTest : public ::testing::TestWithParam<SystemCalls> {
 protected:
  void SetUp() override {
    if (GetParam() == SystemCalls::one_for_all && !BatchedSender::kernel_has_rings()) {
      GTEST_SKIP() << "io_uring may not be used here";
    }
  }

  Pair connect() {
    tcp::socket client(io_);
    client.connect(acceptor_.local_endpoint());
    Pair pair{acceptor_.accept(), std::move(client)};
    pair.ours.non_blocking(true);
    return pair;
  }

  /// `result` is set when run() has returned.
  void send(tcp::socket& socket, std::string_view text, ssize_t& result) {
    asio::co_spawn(io_, sender_.send(&socket, text),
                   [&result](const std::exception_ptr& thrown, ssize_t sent) {
                     if (thrown) std::rethrow_exception(thrown);
                     result = sent;
                   });
  }

  void run() {
    io_.restart();
    io_.run();
  }

  static std::string read(tcp::socket& socket, std::size_t bytes) {
    std::string text(bytes, '\0');
    asio::read(socket, asio::buffer(text));
    return text;
  }

  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  BatchedSender sender_{io_.get_executor(), GetParam()};
};

TEST_P(BatchedSenderTest, SendsToEachWhatIsItsOwn) {
  // More than go by one call.
  constexpr std::size_t kClients = 300;
  std::vector<Pair> pairs;
  std::vector<std::string> texts;
  std::vector<ssize_t> sent(kClients, 0);
  for (std::size_t i = 0; i < kClients; ++i) {
    pairs.push_back(connect());
    texts.push_back("reply " + std::to_string(i));
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < kClients; ++i) send(pairs[i].ours, texts[i], sent[i]);
    run();
    for (std::size_t i = 0; i < kClients; ++i) {
      ASSERT_EQ(sent[i], std::ssize(texts[i])) << "client " << i;
      ASSERT_EQ(read(pairs[i].client, texts[i].size()), texts[i]);
    }
  }
}

TEST_P(BatchedSenderTest, WaitsForNoClientThatDoesNotRead) {
  Pair slow = connect();
  Pair other = connect();
  const std::string large(64UL * 1024 * 1024, 'x');
  ssize_t of_slow = 0;
  ssize_t of_other = 0;
  send(slow.ours, large, of_slow);
  send(other.ours, "reply", of_other);
  run();
  EXPECT_GT(of_slow, 0);
  EXPECT_LT(of_slow, std::ssize(large));
  EXPECT_EQ(of_other, 5);
  send(slow.ours, large, of_slow);
  send(other.ours, "again", of_other);
  run();
  EXPECT_EQ(of_slow, -EAGAIN);
  EXPECT_EQ(read(other.client, 10), "replyagain");
}

TEST_P(BatchedSenderTest, TellsThatAClientHasGone) {
  Pair gone = connect();
  Pair other = connect();
  gone.client.set_option(asio::socket_base::linger(true, 0));
  gone.client.close();
  ssize_t of_gone = 0;
  ssize_t of_other = 0;
  send(gone.ours, "reply", of_gone);
  send(other.ours, "reply", of_other);
  run();
  EXPECT_TRUE(of_gone == -ECONNRESET || of_gone == -EPIPE) << of_gone;
  EXPECT_EQ(of_other, 5);
}

TEST_P(BatchedSenderTest, SendsNothingToWhoeverGotTheNumberOfASocketThatWasClosed) {
  Pair closed = connect();
  Pair other = connect();
  const int number = closed.ours.native_handle();
  ssize_t of_closed = 0;
  ssize_t of_other = 0;
  send(closed.ours, "secret", of_closed);
  send(other.ours, "reply", of_other);
  // Both wait to be sent, which is done after what is posted here.
  asio::post(io_, [&] {
    closed.ours.close();
    ASSERT_EQ(::dup2(other.ours.native_handle(), number), number);
  });
  run();
  EXPECT_EQ(of_closed, -EBADF);
  EXPECT_EQ(of_other, 5);
  EXPECT_EQ(read(other.client, 5), "reply");
  EXPECT_EQ(other.client.available(), 0);
  ::close(number);
}

INSTANTIATE_TEST_SUITE_P(Kernels, BatchedSenderTest,
                         ::testing::Values(SystemCalls::one_for_all, SystemCalls::one_for_each),
                         [](const auto& info) {
                           return info.param == SystemCalls::one_for_all ? "OneCallForAll" : "OneCallForEach";
                         });

}  // namespace
}  // namespace chatsync::test

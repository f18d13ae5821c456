#include "answer/echo_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "chat/completion_assembler.hpp"
#include "chat/completion_json.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/run_coroutine.hpp"

namespace chatsync::answer {
namespace {

class EchoServerTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> await(AsyncResult<T> task) {
    return test::run_coroutine(io, std::move(task));
  }

  boost::asio::io_context io;
  test::FakeClock clock;
  EchoServer server{clock};
};

TEST_F(EchoServerTest, AnswersTheLastQuestion) {
  const auto reply = await(server.complete(R"({"messages":[{"role":"user","content":"a \"b\""}]})"));
  const auto answer = read_completion(*reply);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "Echo: a \"b\"");
  EXPECT_EQ(answer->model, "echo");
  EXPECT_EQ(answer->finish_reason, "stop");
  EXPECT_EQ(answer->completion_tokens, 3);
}

TEST_F(EchoServerTest, StreamsTheSameWordByWord) {
  auto stream = await(server.stream(
      R"({"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"xin chào  bạn"}]})"));
  ASSERT_TRUE(stream);
  CompletionAssembler assembler;
  int chunks = 0;
  for (auto event = await((*stream)->next()); event->has_value(); event = await((*stream)->next())) {
    ASSERT_TRUE(assembler.add(**event)) << **event;
    ++chunks;
  }
  EXPECT_EQ(assembler.answer().text, "Echo: xin chào  bạn");
  EXPECT_EQ(assembler.answer().finish_reason, "stop");
  EXPECT_EQ(assembler.answer().completion_tokens, 6);
  EXPECT_GT(chunks, 5);
}

TEST_F(EchoServerTest, HasOneModel) {
  EXPECT_EQ(boost::json::parse(*await(server.models())).at("data").at(0).at("id"), "echo");
}

TEST_F(EchoServerTest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(await(server.complete("{}")).error().kind, ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace chatsync::answer

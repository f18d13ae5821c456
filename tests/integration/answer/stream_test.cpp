#include <future>

#include "integration/answer/answer_fixture.hpp"

namespace chatsync::answer {
namespace {

class StreamTest : public AnswerFixture {
 protected:
  std::unique_ptr<AnswerStream> open() {
    auto stream = await(server->stream("{}"));
    if (!stream) throw std::runtime_error(stream.error().message);
    return std::move(*stream);
  }
};

TEST_F(StreamTest, GivesEachEventAsItComes) {
  std::promise<void> read_first;
  upstream.then([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    // What is sent late cannot have been waited for.
    read_first.get_future().wait();
    exchange.event(test::chunk_of("b"));
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start();
  const auto stream = open();
  EXPECT_EQ(await(stream->next()), test::chunk_of("a"));
  read_first.set_value();
  EXPECT_EQ(await(stream->next()), test::chunk_of("b"));
  EXPECT_EQ(await(stream->next()), std::nullopt);
}

TEST_F(StreamTest, AsksAgainAsLongAsNothingHasCome) {
  upstream.then([](Exchange& exchange) { exchange.reply(502, "bad gateway"); });
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event("[DONE]");
    exchange.end_stream();
  });
  start();
  EXPECT_EQ(await(open()->next()), std::nullopt);
  EXPECT_EQ(pauses.size(), 1U);
}

TEST_F(StreamTest, SaysThatTheServerBrokeOff) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    exchange.cut();
  });
  start();
  const auto stream = open();
  EXPECT_TRUE(await(stream->next()));
  const auto broken = await(stream->next());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::model_failed);
  EXPECT_EQ(upstream.requests().size(), 1U);
}

TEST_F(StreamTest, DoesNotTakeAnEarlyEndForTheWhole) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    exchange.end_stream();
  });
  start();
  const auto stream = open();
  EXPECT_TRUE(await(stream->next()));
  const auto broken = await(stream->next());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "model_broke_off");
}

TEST_F(StreamTest, EndsAStreamThatTakesTooLong) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    exchange.hang();
  });
  OpenAiOptions given = options();
  given.timeout = std::chrono::milliseconds(500);
  start(given);
  const auto stream = open();
  EXPECT_TRUE(await(stream->next()));
  const auto broken = await(stream->next());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::model_timeout);
}

TEST_F(StreamTest, EndsAStreamThatIsTooLarge) {
  upstream.then([](Exchange& exchange) {
    exchange.begin_stream();
    for (int i = 0; i < 100; ++i) exchange.event(test::chunk_of(std::string(1'000, 'x')));
    exchange.hang();
  });
  OpenAiOptions given = options();
  given.max_reply_bytes = 50'000;
  start(given);
  const auto stream = open();
  auto event = await(stream->next());
  while (event && event->has_value()) event = await(stream->next());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, "model_bad_reply");
}

TEST_F(StreamTest, BreaksOffWhenCancelled) {
  std::promise<void> client_gone;
  upstream.then([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    exchange.hang();
    client_gone.set_value();
  });
  start();
  const auto stream = open();
  EXPECT_TRUE(await(stream->next()));
  boost::asio::post(io, [&] { stream->cancel(); });
  const auto broken = await(stream->next());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "cancelled");
  client_gone.get_future().wait();
}

TEST_F(StreamTest, RefusesAReplyThatIsNoStream) {
  upstream.then([](Exchange& exchange) { exchange.reply(200, test::completion_of("whole")); });
  start();
  const auto stream = await(server->stream("{}"));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, "model_bad_reply");
}

TEST_F(StreamTest, GivesItsPlaceBackWhenDropped) {
  upstream.always([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(test::chunk_of("a"));
    exchange.hang();
  });
  OpenAiOptions given = options();
  given.max_concurrency = 1;
  start(given);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(await(open()->next()));
}

TEST_F(StreamTest, HoldsManyStreamsAtATime) {
  constexpr int kStreams = 50;
  upstream.always([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.event(exchange.request().body);
    exchange.hang();
  });
  start();
  std::vector<std::unique_ptr<AnswerStream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    auto stream = await(server->stream(std::to_string(i)));
    ASSERT_TRUE(stream);
    streams.push_back(std::move(*stream));
  }
  for (int i = 0; i < kStreams; ++i) EXPECT_EQ(await(streams[i]->next()), std::to_string(i));
}

}  // namespace
}  // namespace chatsync::answer

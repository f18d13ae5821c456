#include "answer/openai_answerer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "support/run_coroutine.hpp"

namespace chatsync::answer {
namespace {

class OneReply final : public ModelServer {
 public:
  explicit OneReply(Result<std::string> reply) : reply_(std::move(reply)) {}

  AsyncResult<std::string> complete(std::string body) override {
    asked = std::move(body);
    co_return reply_;
  }
  AsyncResult<std::unique_ptr<AnswerStream>> stream(std::string) override {
    co_return fail(ErrorKind::internal, "not asked for");
  }
  AsyncResult<std::string> models() override { co_return std::string(); }
  void stop() override {}

  std::string asked;

 private:
  Result<std::string> reply_;
};

Result<Answer> answer(OneReply& server, Question question) {
  OpenAiAnswerer answerer(server, {.model = "small", .system_prompt = "Be brief."}, {.turns = 1});
  boost::asio::io_context io;
  return test::run_coroutine(io, answerer.answer(std::move(question)));
}

TEST(OpenAiAnswerer, AsksWithTheSystemPromptAndTheLastTurns) {
  OneReply server(R"({"model":"small-1","choices":[{"message":{"content":"fine"}}]})");
  Question question{.text = "and \"you\"?"};
  question.history = {{.question = "old", .answer = "old"}, {.question = "hello", .answer = "hi"}};
  const auto answered = answer(server, std::move(question));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->text, "fine");
  EXPECT_EQ(answered->model, "small-1");
  EXPECT_EQ(boost::json::parse(server.asked), boost::json::parse(R"({"model":"small","messages":[
      {"role":"system","content":"Be brief."},
      {"role":"user","content":"hello"},{"role":"assistant","content":"hi"},
      {"role":"user","content":"and \"you\"?"}]})"));
}

TEST(OpenAiAnswerer, HandsAFailureOn) {
  OneReply server(fail(ErrorKind::model_timeout, "too slow"));
  const auto answered = answer(server, {.text = "?"});
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().kind, ErrorKind::model_timeout);
}

TEST(OpenAiAnswerer, RefusesAReplyThatIsNoAnswer) {
  OneReply server("<html>");
  const auto answered = answer(server, {.text = "?"});
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().kind, ErrorKind::model_failed);
  EXPECT_EQ(answered.error().code, "model_bad_reply");
}

}  // namespace
}  // namespace chatsync::answer

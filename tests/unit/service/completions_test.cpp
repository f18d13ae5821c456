#include <boost/json.hpp>

#include "service/completion_service.hpp"
#include "support/fakes/scripted_model_server.hpp"
#include "unit/service/service_fixture.hpp"

namespace chatsync::service {
namespace {

using Kind = LiveAnswer::Step::Kind;

constexpr const char* kQuestion = R"({"messages":[{"role":"user","content":"hello"}]})";
constexpr const char* kStreamed = R"({"stream":true,"messages":[{"role":"user","content":"hello"}]})";

boost::asio::awaitable<void> wait_for(std::shared_ptr<OneShot<bool>> release) { co_await release->wait(); }

class CompletionsTest : public ServiceFixture {
 protected:
  CompletionsTest() { server.reply = completion("hi"); }

  static std::string completion(const std::string& text) {
    return R"({"model":"m","choices":[{"message":{"role":"assistant","content":")" + text +
           R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}})";
  }

  static CompletionCall call_of(const char* body, std::optional<std::string> session_id) {
    return {.request = std::move(*read_completion_request(body)), .session_id = std::move(session_id)};
  }

  Result<std::string> complete(const char* body, std::optional<std::string> session_id) {
    auto completion = complete(call_of(body, std::move(session_id)));
    if (!completion) return failure_of(std::move(completion));
    return std::move(completion->body);
  }

  Result<Completion> complete(CompletionCall call) {
    return test::run_coroutine(io, completions.complete(std::move(call)));
  }

  std::shared_ptr<LiveAnswer> stream(const char* body, std::optional<std::string> session_id) {
    auto answer = test::run_coroutine(io, completions.stream(call_of(body, std::move(session_id))));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : nullptr;
  }

  LiveAnswer::Step next(const std::shared_ptr<LiveAnswer>& answer) {
    return test::run_coroutine(io, answer->next(clock.steady_now() + std::chrono::seconds(1)));
  }

  std::shared_ptr<LiveAnswer> stream_text(std::optional<std::string> session_id) {
    CompletionCall call = call_of(kStreamed, std::move(session_id));
    call.reading = Reading::text;
    return *test::run_coroutine(io, completions.stream(std::move(call)));
  }

  LiveAnswer::Piece read(const std::shared_ptr<LiveAnswer>& answer, LiveAnswer::Place place = {}) {
    return test::run_coroutine(io,
                               LiveAnswer::read(answer, place, clock.steady_now() + std::chrono::seconds(1)));
  }

  std::vector<Turn> turns() { return *test::run_coroutine(io, cache.history("s")); }

  void run() {
    io.restart();
    io.poll();
  }

  test::ScriptedModelServer server{io.get_executor()};
  RunningAnswers running;
  CompletionService completions{io.get_executor(), service, server,
                                running,           clock,   {.default_model = "small"}};
};

TEST_F(CompletionsTest, PassAWholeAnswerThroughAndRecordItsTurn) {
  EXPECT_EQ(complete(kQuestion, "s"), completion("hi"));
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].question, "hello");
  EXPECT_EQ(turns()[0].answer, "hi");
  EXPECT_EQ(turns()[0].model, "m");
  EXPECT_EQ(turns()[0].status, TurnStatus::complete);
}

TEST_F(CompletionsTest, RecordTokensLatencyAndWhyTheAnswerEnded) {
  complete(kQuestion, "s");
  EXPECT_EQ(turns().at(0).details,
            R"({"latency_ms":0,"finish_reason":"stop","prompt_tokens":3,"completion_tokens":5})");
}

TEST_F(CompletionsTest, RecordMessagesThatAreMoreThanText) {
  server.reply = std::string(
      R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"c"}]},"finish_reason":"tool_calls"}]})");
  const char* parts =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url"}]}]})";
  complete(parts, "s");
  EXPECT_EQ(turns().at(0).question, "what?");
  EXPECT_EQ(turns().at(0).answer, "");
  const auto details = boost::json::parse(turns().at(0).details);
  EXPECT_EQ(details.at("asked"), boost::json::parse(parts).at("messages"));
  EXPECT_EQ(details.at("message").at("tool_calls").at(0).at("id"), "c");
}

TEST_F(CompletionsTest, RecordNothingWithoutASession) {
  EXPECT_TRUE(complete(kQuestion, std::nullopt));
  EXPECT_TRUE(cache.sessions.empty());
  EXPECT_EQ(server.asked.at(0), R"({"model":"small","messages":[{"role":"user","content":"hello"}]})");
}

TEST_F(CompletionsTest, PutTheLastTurnsBeforeALoneQuestion) {
  complete(kQuestion, "s");
  complete(kQuestion, "s");
  const auto asked = boost::json::parse(server.asked.at(1));
  EXPECT_EQ(asked.at("messages"), boost::json::parse(R"([{"role":"user","content":"hello"},
      {"role":"assistant","content":"hi"},{"role":"user","content":"hello"}])"));
}

TEST_F(CompletionsTest, AddNothingToAConversation) {
  complete(kQuestion, "s");
  const char* conversation =
      R"({"model":"x","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]})";
  complete(conversation, "s");
  EXPECT_EQ(server.asked.at(1), conversation);
  EXPECT_EQ(turns().back().question, "c");
}

TEST_F(CompletionsTest, RecordNoTurnWithoutAnAnswer) {
  server.reply = fail(ErrorKind::model_timeout, "slow");
  EXPECT_EQ(complete(kQuestion, "s").error().kind, ErrorKind::model_timeout);
  server.reply = std::string("<html>");
  EXPECT_EQ(complete(kQuestion, "s").error().kind, ErrorKind::model_failed);
  EXPECT_TRUE(cache.sessions.empty());
}

TEST_F(CompletionsTest, AskForAMessageOfTheUser) {
  const auto refused = complete(R"({"messages":[{"role":"system","content":"s"}]})", "s");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "messages");
  EXPECT_TRUE(server.asked.empty());
}

TEST_F(CompletionsTest, AskNothingForASessionThatWasDeleted) {
  complete(kQuestion, "s");
  ASSERT_TRUE(test::run_coroutine(io, service.erase_session("s")));
  EXPECT_EQ(complete(kQuestion, "s").error().kind, ErrorKind::gone);
  EXPECT_EQ(server.asked.size(), 1U);
}

TEST_F(CompletionsTest, HandChunksOnAsTheyComeAndRecordBeforeTheEnd) {
  const auto answer = stream(kStreamed, "s");
  EXPECT_FALSE(answer->has_next());
  server.say_text("Xin ");
  EXPECT_EQ(next(answer).data, R"({"choices":[{"index":0,"delta":{"content":"Xin "}}]})");
  EXPECT_TRUE(cache.sessions.empty());
  server.say_text("chao");
  server.say_end();
  EXPECT_EQ(next(answer).kind, Kind::event);
  EXPECT_EQ(next(answer).kind, Kind::event);
  EXPECT_EQ(next(answer).kind, Kind::whole);
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].answer, "Xin chao");
  EXPECT_EQ(turns()[0].model, "m");
}

TEST_F(CompletionsTest, DoNotEndBeforeTheTurnIsRecorded) {
  const auto release = std::make_shared<OneShot<bool>>(io.get_executor());
  cache.before_record = [release] { return wait_for(release); };
  const auto answer = stream(kStreamed, "s");
  server.say_text("a");
  server.say_end();
  EXPECT_EQ(next(answer).kind, Kind::event);
  EXPECT_EQ(next(answer).kind, Kind::event);
  run();
  EXPECT_FALSE(answer->has_next());
  release->set(true);
  EXPECT_EQ(next(answer).kind, Kind::whole);
  EXPECT_EQ(turns().size(), 1U);
}

TEST_F(CompletionsTest, ShowTokenCountsOnlyToWhoAsksForThem) {
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}})";
  server.say_text("a");
  server.say(usage);
  server.say_end();
  const auto answer = stream(kStreamed, "s");
  EXPECT_NE(server.asked.at(0).find("include_usage"), std::string::npos);
  for (auto step = next(answer); step.kind == Kind::event; step = next(answer)) EXPECT_NE(step.data, usage);
}

TEST_F(CompletionsTest, ReadTheAnswerToItsEndThoughTheClientHasGone) {
  stream(kStreamed, "s")->leave();
  server.say_text("a");
  run();
  server.say_text("b");
  server.say_end();
  run();
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].answer, "ab");
  EXPECT_EQ(turns()[0].status, TurnStatus::complete);
}

TEST_F(CompletionsTest, GiveAnAnswerUpThatNobodyRecordsOrReads) {
  stream(kStreamed, std::nullopt)->leave();
  server.say_text("a");
  run();
  test::run_coroutine(io, completions.finished());
}

TEST_F(CompletionsTest, KeepWhatCameOfAnAnswerThatBrokeOff) {
  const auto answer = stream(kStreamed, "s");
  server.say_text("half");
  server.say(fail(ErrorKind::model_failed, "gone", "model_broke_off"));
  EXPECT_EQ(next(answer).kind, Kind::event);
  const auto end = next(answer);
  EXPECT_EQ(end.kind, Kind::broken);
  EXPECT_EQ(end.failure->code, "model_broke_off");
  ASSERT_EQ(turns().size(), 1U);
  EXPECT_EQ(turns()[0].answer, "half");
  EXPECT_EQ(turns()[0].status, TurnStatus::incomplete);
}

TEST_F(CompletionsTest, TakeAnErrorInThePlaceOfAChunkForABreak) {
  const auto answer = stream(kStreamed, "s");
  server.say_text("half");
  server.say(R"({"error":{"message":"out of memory"}})");
  EXPECT_EQ(next(answer).kind, Kind::event);
  EXPECT_NE(next(answer).failure->message.find("out of memory"), std::string::npos);
  EXPECT_EQ(turns().at(0).status, TurnStatus::incomplete);
}

TEST_F(CompletionsTest, TakeAnAnswerForWholeThatSaidWhyItEnds) {
  const auto answer = stream(kStreamed, "s");
  server.say_text("all");
  server.say(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
  server.say(fail(ErrorKind::model_failed, "no [DONE]", "model_broke_off"));
  next(answer);
  next(answer);
  EXPECT_EQ(next(answer).kind, Kind::whole);
  EXPECT_EQ(turns().at(0).status, TurnStatus::complete);
}

TEST_F(CompletionsTest, RecordNothingOfAnAnswerThatNeverCame) {
  const auto answer = stream(kStreamed, "s");
  server.say(fail(ErrorKind::model_failed, "gone", "model_broke_off"));
  EXPECT_EQ(next(answer).kind, Kind::broken);
  EXPECT_TRUE(cache.sessions.empty());
}

TEST_F(CompletionsTest, CanBeCancelledAndKeepWhatCame) {
  const auto answer = stream(kStreamed, "s");
  server.say_text("half");
  EXPECT_EQ(next(answer).kind, Kind::event);
  EXPECT_EQ(completions.cancel("another"), 0U);
  EXPECT_EQ(completions.cancel("s"), 1U);
  EXPECT_EQ(next(answer).failure->code, "cancelled");
  EXPECT_EQ(turns().at(0).answer, "half");
  EXPECT_EQ(turns().at(0).status, TurnStatus::incomplete);
  EXPECT_EQ(completions.cancel("s"), 0U);
}

TEST_F(CompletionsTest, TellNumberAndTimeOfTheTurnThatIsRecorded) {
  complete(kQuestion, "s");
  const auto completion = complete(call_of(kQuestion, "s"));
  ASSERT_TRUE(completion && completion->turn);
  EXPECT_EQ(completion->answer.text, "hi");
  EXPECT_EQ(completion->turn->turn, turns().back());
  EXPECT_EQ(completion->turn->turn.seq, 2);
}

TEST_F(CompletionsTest, TakeTurnIdHistoryAndDetailsFromTheCaller) {
  complete(kQuestion, "s");
  CompletionCall call = call_of(kQuestion, "s");
  call.turn_id = "turn-of-a-key";
  call.history = {Turn{.question = "before", .answer = "that"}};
  call.details = R"("request":"abc")";
  EXPECT_EQ(complete(std::move(call))->turn->turn.turn_id, "turn-of-a-key");
  const auto asked = boost::json::parse(server.asked.at(1));
  EXPECT_EQ(asked.at("messages").at(0).at("content"), "before");
  EXPECT_EQ(asked.at("messages").as_array().size(), 3U);
  EXPECT_EQ(boost::json::parse(turns().back().details).at("request"), "abc");
}

TEST_F(CompletionsTest, KnowTheTurnOfAStreamBeforeItsFirstEvent) {
  const auto answer = stream(kStreamed, "s");
  EXPECT_EQ(answer->turn_name().session_id, "s");
  EXPECT_EQ(running.find(answer->turn_name().turn_id), answer);
  server.say_end();
  while (next(answer).kind == Kind::event) {
  }
  EXPECT_EQ(turns().at(0).turn_id, answer->turn_name().turn_id);
  EXPECT_EQ(running.find(answer->turn_name().turn_id), nullptr);
}

TEST_F(CompletionsTest, LetEveryReaderReadFromWhereItIs) {
  const auto answer = stream_text("s");
  server.say_text("Xin ch\u00e0o");
  const auto first = read(answer);
  EXPECT_EQ(first.text, "Xin chào");
  EXPECT_FALSE(first.ended);
  server.say_text(" b\u1ea1n");
  EXPECT_EQ(read(answer, first.place).text, " bạn");
  EXPECT_EQ(read(answer, {.text = 4}).text, "chào bạn");
  EXPECT_EQ(read(answer, {.text = 7}).text, "ào bạn") << "a place within a character is its beginning";
  EXPECT_FALSE(answer->has_next()) << "no chunk is kept";
}

TEST_F(CompletionsTest, WakeAllReadersThatWait) {
  const auto answer = stream_text("s");
  std::vector<std::string> read_texts;
  TaskGroup readers(io.get_executor());
  for (int reader = 0; reader < 3; ++reader) {
    readers.spawn("reader", [](auto live, auto deadline, auto* texts) -> boost::asio::awaitable<void> {
      texts->push_back((co_await LiveAnswer::read(live, {}, deadline)).text);
    }(answer, clock.steady_now() + std::chrono::seconds(1), &read_texts));
  }
  run();
  EXPECT_TRUE(read_texts.empty());
  server.say_text("a");
  test::run_coroutine(io, readers.join());
  EXPECT_EQ(read_texts, std::vector<std::string>(3, "a"));
}

TEST_F(CompletionsTest, GiveTheRecordedTurnWithTheEndOfTheText) {
  const auto answer = stream_text("s");
  server.say_text("a");
  server.say_end();
  auto piece = read(answer);
  while (!piece.ended) piece = read(answer, piece.place);
  ASSERT_TRUE(piece.turn);
  EXPECT_EQ(piece.turn->turn, turns().at(0));
  EXPECT_FALSE(piece.failure);
}

TEST_F(CompletionsTest, GiveTheIncompleteTurnWithTheFailure) {
  const auto answer = stream_text("s");
  server.say_text("half");
  server.say(fail(ErrorKind::model_failed, "gone", "model_broke_off"));
  auto piece = read(answer);
  while (!piece.ended) piece = read(answer, piece.place);
  EXPECT_EQ(piece.failure->code, "model_broke_off");
  EXPECT_EQ(piece.turn->turn.status, TurnStatus::incomplete);
}

TEST_F(CompletionsTest, ShowToolCallsAsTheyGrow) {
  const auto answer = stream_text(std::nullopt);
  const auto call = [](const std::string& arguments) {
    return R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"arguments":")" +
           arguments + R"("}}]}}]})";
  };
  server.say(call("ab"));
  const auto first = read(answer);
  EXPECT_EQ(first.tool_calls, R"([{"id":"c","function":{"arguments":"ab"}}])");
  server.say(call("cd"));
  EXPECT_EQ(read(answer, first.place).tool_calls, R"([{"id":"c","function":{"arguments":"abcd"}}])");
  answer->leave();
  server.say(call("ef"));
  run();
}

TEST_F(CompletionsTest, SayThatTheTurnCouldNotBeRecorded) {
  const auto answer = stream(kStreamed, "s");
  server.say_text("a");
  EXPECT_EQ(next(answer).kind, Kind::event);
  cache.outage = Error{.kind = ErrorKind::unavailable, .message = "away"};
  store.outage = store_down();
  server.say_end();
  auto step = next(answer);
  while (step.kind == Kind::event) step = next(answer);
  EXPECT_EQ(step.kind, Kind::broken);
}

}  // namespace
}  // namespace chatsync::service

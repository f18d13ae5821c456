// A streamed answer has two sides. One coroutine, which the service owns, reads the model server to the end,
// puts the answer together and records its turn; the client's connection reads what that one hands over. So
// a client that hangs up changes nothing, and [DONE] can only be sent when the turn is recorded.
#include "service/completion_service.hpp"

#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "chat/completion_assembler.hpp"
#include "chat/turn_details.hpp"

namespace chatsync::service {
namespace {

bool is_nothing(const Answer& answer) { return answer.text.empty() && answer.message.empty(); }

}  // namespace

CompletionService::CompletionService(boost::asio::any_io_executor executor, ChatService& chat,
                                     ModelServer& server, RunningAnswers& running, const Clock& clock,
                                     CompletionOptions options)
    : executor_(executor),
      chat_(chat),
      server_(server),
      running_(running),
      clock_(clock),
      options_(std::move(options)),
      streams_(std::move(executor)) {}

AsyncResult<CompletionService::Prepared> CompletionService::prepare(CompletionCall* call) {
  const SteadyTime began = clock_.steady_now();
  Prepared prepared;
  RequestChanges changes{.default_model = options_.default_model};
  if (call->session_id) {
    if (!call->request.has_question) {
      co_return fail(ErrorKind::invalid_argument,
                     "none of the messages is of the user: there is no turn to record in the session",
                     "invalid_value", "messages");
    }
    Result<Turn> turn = chat_.begin_turn(std::move(*call->session_id), std::move(call->user_id));
    if (!turn) co_return failure_of(std::move(turn));
    // Asked for also where it is not used: it tells whether the session may go on at all.
    Result<std::vector<Turn>> history = co_await chat_.latest_turns(turn->session_id);
    if (!history) co_return failure_of(std::move(history));
    turn->question = std::move(call->request.question);
    changes.history = within_budget(std::move(*history), options_.history);
    changes.ask_for_usage = call->request.stream;
    prepared.turn =
        AskedTurn{.turn = std::move(*turn), .asked = std::move(call->request.asked), .began = began};
  }
  prepared.body = changed_body(call->request, changes);
  co_return prepared;
}

AsyncResult<std::string> CompletionService::complete(CompletionCall call) {
  Result<Prepared> prepared = co_await prepare(&call);
  if (!prepared) co_return failure_of(std::move(prepared));
  Result<std::string> reply = co_await server_.complete(std::move(prepared->body));
  if (!reply || !prepared->turn) co_return reply;
  Result<Answer> answer = read_completion(*reply);
  if (!answer) co_return failure_of(std::move(answer));
  const Result<void> recorded = co_await record(std::move(*prepared->turn), std::move(*answer));
  if (!recorded) co_return std::unexpected(recorded.error());
  co_return reply;
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::stream(CompletionCall call) {
  Result<Prepared> prepared = co_await prepare(&call);
  if (!prepared) co_return failure_of(std::move(prepared));
  auto stream = co_await server_.stream(std::move(prepared->body));
  if (!stream) co_return failure_of(std::move(stream));
  auto live = std::make_shared<LiveAnswer>(executor_, clock_);
  live->set_source(stream->get());
  streams_.spawn("streamed answer",
                 follow(live, std::move(*stream), std::move(prepared->turn), call.request.wants_usage));
  co_return live;
}

boost::asio::awaitable<void> CompletionService::follow(std::shared_ptr<LiveAnswer> live,
                                                       std::unique_ptr<AnswerStream> stream,
                                                       std::optional<AskedTurn> turn, bool wants_usage) {
  const std::uint64_t listed = turn ? running_.add(turn->turn.session_id, executor_, live) : 0;
  CompletionAssembler assembler;
  std::optional<Error> failure;
  while (!failure) {
    Result<std::optional<std::string>> event = co_await stream->next();
    if (!event) {
      failure = std::move(event).error();
      break;
    }
    if (!event->has_value()) break;
    if (!turn) {
      live->push(std::move(**event));
      if (live->is_left()) live->cancel();
      continue;
    }
    const auto chunk = assembler.add(**event);
    if (!chunk) {
      failure = chunk.error();
    } else if (*chunk == CompletionAssembler::Chunk::part || wants_usage) {
      live->push(std::move(**event));
    }
  }
  live->set_source(nullptr);
  if (turn) {
    running_.remove(listed);
    if (failure && failure->code != "cancelled" && assembler.finished()) failure.reset();
    if (failure) {
      failure = co_await record_partial(std::move(*turn), assembler.answer(), std::move(*failure));
    } else {
      const Result<void> recorded = co_await record(std::move(*turn), assembler.answer());
      if (!recorded) failure = recorded.error();
    }
  }
  live->end(std::move(failure));
}

boost::asio::awaitable<std::optional<Error>> CompletionService::record_partial(AskedTurn turn, Answer answer,
                                                                               Error failure) {
  if (is_nothing(answer)) co_return failure;
  turn.turn.status = TurnStatus::incomplete;
  const std::string session_id = turn.turn.session_id;
  const Result<void> recorded = co_await record(std::move(turn), std::move(answer));
  if (!recorded) {
    log_error("an answer in session {} broke off, and what came of it could not be recorded: {}", session_id,
              recorded.error().message);
  }
  co_return failure;
}

AsyncResult<void> CompletionService::record(AskedTurn turn, Answer answer) {
  const auto latency =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - turn.began);
  turn.turn.details = turn_details(answer, turn.asked, latency);
  turn.turn.answer = std::move(answer.text);
  turn.turn.model = std::move(answer.model);
  return chat_.record_answered(std::move(turn.turn));
}

}  // namespace chatsync::service

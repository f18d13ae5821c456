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

/// Adds the digest of a request that may be sent again to the members of its turn's details.
void add_request(std::string& details, const RequestKey& key) {
  if (!details.empty()) details += ',';
  details += R"("request":")" + key.digest + '"';
}

bool is_nothing(const Answer& answer) { return answer.text.empty() && answer.message.empty(); }

/// The turn with what its details will have beside the answer.
Turn as_asked(Turn turn, const std::string& details) {
  if (!details.empty()) turn.details = "{" + details + "}";
  return turn;
}

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

boost::asio::awaitable<void> CompletionService::finished() {
  co_await streams_.join();
  if (options_.rules != nullptr) co_await options_.rules->finished();
}

AsyncResult<CompletionService::Prepared> CompletionService::prepare(CompletionCall* call,
                                                                    const TurnPermit* permit) {
  const SteadyTime began = clock_.steady_now();
  Prepared prepared;
  RequestChanges changes{.default_model = options_.default_model};
  if (call->session_id) {
    if (!call->request.has_question) {
      co_return fail(ErrorKind::invalid_argument,
                     "none of the messages is of the user: there is no turn to record in the session",
                     "invalid_value", "messages");
    }
    if (call->make) {
      Result<MadeRequest> made = co_await call->make();
      if (!made) co_return failure_of(std::move(made));
      call->request.body = std::move(made->body);
      call->details = std::move(made->details);
    }
    if (permit != nullptr) call->turn_id = permit->turn_id;
    Result<Turn> turn =
        chat_.begin_turn(std::move(*call->session_id), std::move(call->user_id), std::move(call->turn_id));
    if (!turn) co_return failure_of(std::move(turn));
    if (!call->history && !call->new_session) {
      // Asked for also where it is not used: it tells whether the session may go on at all.
      Result<std::vector<Turn>> history = co_await chat_.latest_turns(turn->session_id);
      if (!history) co_return failure_of(std::move(history));
      call->history = std::move(*history);
    }
    turn->question = std::move(call->request.question);
    changes.ask_for_usage = call->request.stream;
    if (call->terms.key) add_request(call->details, *call->terms.key);
    const auto presence = call->new_session ? SessionPresence::known_new : SessionPresence::unknown;
    prepared.turn = AskedTurn{.turn = std::move(*turn),
                              .asked = std::move(call->request.asked),
                              .details = std::move(call->details),
                              .options = {.durability = call->durability, .presence = presence},
                              .began = began};
    if (permit != nullptr) {
      prepared.turn->options = options_.rules->options_of(*permit, std::move(prepared.turn->options));
    }
  }
  if (call->history) changes.history = within_budget(std::move(*call->history), options_.history);
  prepared.body = changed_body(call->request, changes);
  co_return prepared;
}

AsyncResult<Completion> CompletionService::complete(CompletionCall call) {
  if (call.session_id && rules_apply_to(call.terms)) return complete_by_rules(std::move(call));
  return answer_whole(std::move(call), nullptr);
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::stream(CompletionCall call) {
  if (call.session_id && rules_apply_to(call.terms)) return stream_by_rules(std::move(call));
  return begin_stream(std::move(call), nullptr);
}

AsyncResult<Completion> CompletionService::answer_whole(CompletionCall call, Permit permit) {
  Result<Prepared> prepared = co_await prepare(&call, permit.get());
  if (!prepared) co_return failure_of(std::move(prepared));
  Result<std::string> reply;
  if (permit) {
    reply = co_await ask_until_cancelled(permit, std::move(prepared->body));
  } else {
    reply = co_await server_.complete(std::move(prepared->body));
  }
  if (!reply) co_return failure_of(std::move(reply));
  Completion completion{.body = std::move(*reply)};
  if (!prepared->turn && call.reading == Reading::chunks) co_return completion;
  Result<Answer> answer = read_completion(completion.body);
  if (!answer) co_return failure_of(std::move(answer));
  completion.answer = std::move(*answer);
  if (!prepared->turn) co_return completion;
  Result<RecordedTurn> recorded = co_await record(std::move(*prepared->turn), completion.answer);
  if (!recorded) co_return failure_of(std::move(recorded));
  completion.turn = std::move(*recorded);
  co_return completion;
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::begin_stream(CompletionCall call, Permit permit) {
  Result<Prepared> prepared = co_await prepare(&call, permit.get());
  if (!prepared) co_return failure_of(std::move(prepared));
  auto stream = co_await server_.stream(std::move(prepared->body));
  if (!stream) co_return failure_of(std::move(stream));
  TurnName name;
  if (prepared->turn) {
    name = {.session_id = prepared->turn->turn.session_id, .turn_id = prepared->turn->turn.turn_id};
  }
  auto live = std::make_shared<LiveAnswer>(executor_, clock_, std::move(name), call.reading);
  if (prepared->turn) live->set_asked(as_asked(prepared->turn->turn, prepared->turn->details));
  live->set_source(stream->get());
  streams_.spawn("streamed answer", follow(live, std::move(*stream), std::move(prepared->turn),
                                           call.request.wants_usage, std::move(permit)));
  co_return live;
}

boost::asio::awaitable<void> CompletionService::follow(std::shared_ptr<LiveAnswer> live,
                                                       std::unique_ptr<AnswerStream> stream,
                                                       std::optional<AskedTurn> turn, bool wants_usage,
                                                       Permit permit) {
  if (permit) {
    const std::weak_ptr<LiveAnswer> weak = live;
    permit->cancel = [weak] {
      if (const auto running = weak.lock()) running->cancel();
    };
    permit->publish = [this, weak] {
      if (auto running = weak.lock()) streams_.spawn("published answer", publish(std::move(running)));
    };
  }
  const std::uint64_t listed = turn ? running_.add(executor_, live) : 0;
  const bool assemble = turn || live->reading() == Reading::text;
  std::optional<Error> failure;
  while (!failure) {
    Result<std::optional<std::string>> event = co_await stream->next();
    if (!event) {
      failure = std::move(event).error();
      break;
    }
    if (!event->has_value()) break;
    if (!turn && live->is_left()) live->cancel();
    if (!assemble) {
      live->push(std::move(**event));
      continue;
    }
    const auto chunk = live->assemble(**event);
    if (!chunk) {
      failure = chunk.error();
    } else if (*chunk == CompletionAssembler::Chunk::part || wants_usage) {
      live->push(std::move(**event));
    }
  }
  live->set_source(nullptr);
  const CompletionAssembler& assembled = live->assembled();
  if (failure && failure->code != "cancelled" && assembled.finished()) failure.reset();
  std::optional<RecordedTurn> recorded;
  if (turn) {
    running_.note_answered(listed);
    if (failure) {
      Answer part = assembled.answer();
      if (part.finish_reason.empty()) part.finish_reason = failure->code;
      recorded = co_await record_partial(std::move(*turn), std::move(part));
    } else {
      Result<RecordedTurn> whole = co_await record(std::move(*turn), assembled.answer());
      if (whole) {
        recorded = std::move(*whole);
      } else {
        failure = std::move(whole).error();
      }
    }
    running_.remove(listed);
  }
  // Before the end is told: whoever asks then finds the session free and the turn recorded.
  if (permit) co_await leave(std::move(permit));
  live->end(std::move(recorded), std::move(failure));
}

boost::asio::awaitable<std::optional<RecordedTurn>> CompletionService::record_partial(AskedTurn turn,
                                                                                      Answer answer) {
  if (is_nothing(answer)) co_return std::nullopt;
  turn.turn.status = TurnStatus::incomplete;
  const std::string session_id = turn.turn.session_id;
  Result<RecordedTurn> recorded = co_await record(std::move(turn), std::move(answer));
  if (recorded) co_return std::move(*recorded);
  log_error("an answer in session {} broke off, and what came of it could not be recorded: {}", session_id,
            recorded.error().message);
  co_return std::nullopt;
}

AsyncResult<RecordedTurn> CompletionService::record(AskedTurn turn, Answer answer) {
  const auto latency =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - turn.began);
  turn.turn.details = turn_details(answer, turn.asked, latency, turn.details);
  turn.turn.answer = std::move(answer.text);
  turn.turn.model = std::move(answer.model);
  return chat_.record_answered(std::move(turn.turn), turn.options);
}

}  // namespace chatsync::service

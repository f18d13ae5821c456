// How CompletionService keeps to the rules of turns (turn_rules.cpp): it enters before it asks, and leaves
// when the turn is recorded or will not be, before anybody is told. A request whose turn somebody else
// records while it asks itself enters again, and gets that turn.
#include <utility>

#include "base/log.hpp"
#include "chat/completion_json.hpp"
#include "chat/turn_completion.hpp"
#include "service/completion_service.hpp"

namespace chatsync::service {
namespace {

/// Breaks off the waiting for a whole answer.
class WholeAnswer final : public AnswerStream {
 public:
  explicit WholeAnswer(std::shared_ptr<OneShot<Result<std::string>>> reply) : reply_(std::move(reply)) {}

  AsyncResult<std::optional<std::string>> next() override { co_return std::nullopt; }

  void cancel() override {
    if (reply_->is_set()) return;
    reply_->set(fail(ErrorKind::model_failed, "the answer was cancelled", "cancelled"));
  }

 private:
  std::shared_ptr<OneShot<Result<std::string>>> reply_;
};

template <class T>
bool is_taken_over(const Result<T>& result) {
  return !result && result.error().code == kClaimLost;
}

}  // namespace

AsyncResult<TurnEntry> CompletionService::enter(CompletionCall* call) {
  return options_.rules->enter({.session_id = *call->session_id,
                                .turn_id = call->turn_id,
                                .request = call->terms,
                                .durability = call->durability,
                                .reads_along = call->request.stream});
}

boost::asio::awaitable<void> CompletionService::leave(Permit permit) {
  permit->cancel = {};
  permit->publish = {};
  co_await options_.rules->leave(std::move(permit));
}

AsyncResult<ChatReply> CompletionService::chat(ChatRequest request) {
  if (rules_apply_to(request.terms)) return chat_by_rules(std::move(request));
  return chat_.chat(std::move(request));
}

AsyncResult<ChatReply> CompletionService::chat_by_rules(ChatRequest request) {
  Result<CompletionCall> call = call_of(std::move(request));
  if (!call) co_return failure_of(std::move(call));
  Result<Completion> completion = co_await complete_by_rules(std::move(*call));
  if (!completion) co_return failure_of(std::move(completion));
  ChatReply reply = reply_of(std::move(*completion->turn));
  reply.replayed = completion->replayed;
  co_return reply;
}

Result<CompletionCall> CompletionService::call_of(ChatRequest request) {
  const Question question{.text = request.message};
  Result<CompletionRequest> asked = read_completion_request(
      completion_request(question, {.system_prompt = options_.system_prompt, .stream = request.stream}));
  if (!asked) return failure_of(std::move(asked));
  CompletionCall call{.request = std::move(*asked),
                      .session_id = std::move(request.session_id),
                      .user_id = std::move(request.user_id),
                      .terms = std::move(request.terms),
                      .durability = request.durability,
                      .reading = Reading::text};
  // One that follows from a key may have been made by an earlier request.
  call.new_session = !call.session_id && !call.terms.key;
  if (!call.session_id) call.session_id = call.terms.key ? call.terms.key->session_id : chat_.new_id();
  return call;
}

AsyncResult<Completion> CompletionService::complete_by_rules(CompletionCall call) {
  constexpr int kMostAttempts = 3;
  for (int attempts = 1;; ++attempts) {
    Result<TurnEntry> entry = co_await enter(&call);
    if (!entry) co_return failure_of(std::move(entry));
    if (entry->recorded) {
      co_return Completion{.body = completion_of(entry->recorded->turn),
                           .answer = answer_of(entry->recorded->turn),
                           .turn = std::move(entry->recorded),
                           .replayed = true};
    }
    // Only one with a key can be taken over, and is needed again then.
    const bool keyed = call.terms.key.has_value();
    CompletionCall attempt = keyed ? CompletionCall(call) : std::move(call);
    Result<Completion> completion = co_await answer_whole(std::move(attempt), entry->permit);
    co_await leave(std::move(entry->permit));
    if (!keyed || attempts == kMostAttempts || !is_taken_over(completion)) co_return completion;
  }
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::stream_by_rules(CompletionCall call) {
  Result<TurnEntry> entry = co_await enter(&call);
  if (!entry) co_return failure_of(std::move(entry));
  const bool wants_usage = call.request.wants_usage;
  if (entry->recorded) co_return retell_recorded(std::move(*entry->recorded), call.reading, wants_usage);
  if (entry->running) co_return retell(std::move(entry->running), call.reading, wants_usage);
  if (!entry->running_elsewhere.empty()) {
    co_return retell_from_elsewhere(
        {.session_id = std::move(entry->running_elsewhere), .turn_id = call.terms.key->turn_id}, call.reading,
        wants_usage);
  }
  auto live = co_await begin_stream(std::move(call), entry->permit);
  if (!live) co_await leave(std::move(entry->permit));
  co_return live;
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::stream_chat(ChatRequest request) {
  Result<CompletionCall> call = call_of(std::move(request));
  if (!call) co_return failure_of(std::move(call));
  co_return co_await stream(std::move(*call));
}

AsyncResult<std::string> CompletionService::ask_until_cancelled(Permit permit, std::string body) {
  const auto reply = std::make_shared<OneShot<Result<std::string>>>(executor_);
  WholeAnswer whole(reply);
  const auto live = std::make_shared<LiveAnswer>(
      executor_, clock_, TurnName{.session_id = permit->session_id, .turn_id = permit->turn_id},
      Reading::text);
  live->set_source(&whole);
  permit->cancel = [&whole] { whole.cancel(); };
  const std::uint64_t listed = running_.add(executor_, live, RunningAnswers::Kind::whole);
  streams_.spawn("whole answer", ask(std::move(body), reply));
  Result<std::string> answer = co_await reply->wait();
  running_.remove(listed);
  live->set_source(nullptr);
  permit->cancel = {};
  co_return answer;
}

boost::asio::awaitable<void> CompletionService::ask(std::string body,
                                                    std::shared_ptr<OneShot<Result<std::string>>> reply) {
  Result<std::string> answer = co_await server_.complete(std::move(body));
  if (!reply->is_set()) reply->set(std::move(answer));
}

boost::asio::awaitable<std::size_t> CompletionService::cancel_anywhere(std::string session_id) {
  const std::size_t here = running_.cancel(session_id);
  SessionLocks* const locks = options_.rules != nullptr ? options_.rules->locks() : nullptr;
  if (here > 0 || locks == nullptr) co_return here;
  const Result<bool> told = co_await locks->signal(session_id, {}, Signal::cancel);
  if (!told) log_debug("session {} is not cancelled elsewhere: {}", session_id, told.error().message);
  co_return told && *told ? 1 : 0;
}

}  // namespace chatsync::service

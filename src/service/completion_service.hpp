#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/one_shot.hpp"
#include "base/task_group.hpp"
#include "chat/completion_json.hpp"
#include "chat/completion_request.hpp"
#include "chat/model_server.hpp"
#include "service/chat_service.hpp"
#include "service/live_answer.hpp"
#include "service/running_answers.hpp"
#include "service/turn_rules.hpp"

namespace chatsync::service {

/// What a request becomes when the session's turn has come: body of the request and details as in
/// CompletionCall.
struct MadeRequest {
  std::string body;
  std::string details;
};

/// A request for a chat completion. Ids are valid.
struct CompletionCall {
  CompletionRequest request;
  std::optional<std::string> session_id;  ///< Absent: nothing is remembered and nothing recorded.
  bool new_session = false;               ///< The session id was made for this call: nobody else knows it.
  std::string user_id = "1";              ///< Owner of a session that is created.
  TurnRequest terms;                      ///< Of calls with a session.
  std::optional<std::string> turn_id;     ///< Absent: one is made.
  /// The turns that go before a lone question, oldest first; absent: the session's latest.
  std::optional<std::vector<Turn>> history;
  std::string details;  ///< More members for the turn's details, as JSON (see turn_details()).
  Durability durability = Durability::cached;
  Reading reading = Reading::chunks;
  /// Of calls with a session, in place of body and details: asked when no other turn of the session is under
  /// way, so that it may read what was said before; perhaps more than once.
  std::function<AsyncResult<MadeRequest>()> make = {};
};

/// A whole answer.
struct Completion {
  std::string body;  ///< As the model server gave it.
  Answer answer;     ///< What it says; of a call without a session only if it is to be read as text.
  std::optional<RecordedTurn> turn;  ///< Of a call with a session.
  bool replayed = false;             ///< The turn was recorded for an earlier request.
};

struct CompletionOptions {
  HistoryBudget history;
  std::string default_model;   ///< Of requests that name none.
  std::string system_prompt;   ///< Goes before the questions of POST /chat.
  TurnRules* rules = nullptr;  ///< Null: none apply.
};

/// Chat completions in OpenAI's form, between a client and the model server: untouched where no session is
/// named; else with the session's last turns before a lone question, and one turn recorded of each answer.
/// One object an I/O thread; the references must outlive it, and it its answers: see finished().
class CompletionService {
 public:
  CompletionService(boost::asio::any_io_executor executor, ChatService& chat, ModelServer& server,
                    RunningAnswers& running, const Clock& clock, CompletionOptions options);

  /// The whole answer. Its turn is recorded; after an error, none is, but for `outcome_unknown`.
  AsyncResult<Completion> complete(CompletionCall call);

  /// A stream that the model server has begun. With a session it is read to its end and recorded whatever the
  /// client does; one that breaks off or is cancelled is recorded as `incomplete`, as far as it came. Without
  /// one, it is given up when its reader leaves.
  AsyncResult<std::shared_ptr<LiveAnswer>> stream(CompletionCall call);

  /// A question of POST /chat, by the rules that hold for turns.
  AsyncResult<ChatReply> chat(ChatRequest request);

  /// The same as a stream, to be read as text.
  AsyncResult<std::shared_ptr<LiveAnswer>> stream_chat(ChatRequest request);

  /// The answer of a turn as it runs, here or at another instance, or as it was recorded, to be read as text
  /// from any place on. `not_found` if there is neither.
  AsyncResult<std::shared_ptr<LiveAnswer>> resume(std::string session_id, std::string turn_id);

  AsyncResult<std::string> models() { return server_.models(); }

  /// Breaks off the session's answers in this process, and returns how many these are.
  std::size_t cancel(const std::string& session_id) { return running_.cancel(session_id); }
  /// The same at whichever instance; there it may take half a second.
  boost::asio::awaitable<std::size_t> cancel_anywhere(std::string session_id);

  /// Returns when no stream is under way.
  boost::asio::awaitable<void> finished();

 private:
  /// A turn that will be recorded when its answer is there.
  struct AskedTurn {
    Turn turn;
    std::string asked;    ///< As in CompletionRequest.
    std::string details;  ///< As in CompletionCall.
    RecordOptions options;
    SteadyTime began;
  };
  struct Prepared {
    std::optional<AskedTurn> turn;
    std::string body;  ///< What goes to the model server.
  };

  using Permit = std::shared_ptr<TurnPermit>;

  bool rules_apply_to(const TurnRequest& terms) const {
    return options_.rules != nullptr && options_.rules->apply_to(terms);
  }
  Result<CompletionCall> call_of(ChatRequest request);
  AsyncResult<ChatReply> chat_by_rules(ChatRequest request);
  AsyncResult<Completion> complete_by_rules(CompletionCall call);
  AsyncResult<std::shared_ptr<LiveAnswer>> stream_by_rules(CompletionCall call);
  AsyncResult<TurnEntry> enter(CompletionCall* call);
  boost::asio::awaitable<void> leave(Permit permit);

  /// Without a permit no rules apply.
  AsyncResult<Completion> answer_whole(CompletionCall call, Permit permit);
  AsyncResult<std::shared_ptr<LiveAnswer>> begin_stream(CompletionCall call, Permit permit);
  AsyncResult<std::string> ask_until_cancelled(Permit permit, std::string body);
  boost::asio::awaitable<void> ask(std::string body, std::shared_ptr<OneShot<Result<std::string>>> reply);

  AsyncResult<Prepared> prepare(CompletionCall* call, const TurnPermit* permit);
  boost::asio::awaitable<void> follow(std::shared_ptr<LiveAnswer> live, std::unique_ptr<AnswerStream> stream,
                                      std::optional<AskedTurn> turn, bool wants_usage, Permit permit);
  boost::asio::awaitable<void> publish(std::shared_ptr<LiveAnswer> live);

  /// An answer for another reader, told after one that runs in this process,
  std::shared_ptr<LiveAnswer> retell(std::shared_ptr<LiveAnswer> source, Reading reading, bool wants_usage);
  boost::asio::awaitable<void> retell_running(std::weak_ptr<LiveAnswer> live,
                                              std::shared_ptr<LiveAnswer> source, bool wants_usage);
  /// at another instance,
  std::shared_ptr<LiveAnswer> retell_from_elsewhere(TurnName turn, Reading reading, bool wants_usage);
  boost::asio::awaitable<void> retell_published(std::weak_ptr<LiveAnswer> live, TurnName turn,
                                                bool wants_usage);
  /// or after the turn as it was recorded.
  std::shared_ptr<LiveAnswer> retell_recorded(RecordedTurn turn, Reading reading, bool wants_usage);
  /// What came of an answer that broke off, if anything did and could be recorded.
  boost::asio::awaitable<std::optional<RecordedTurn>> record_partial(AskedTurn turn, Answer answer);
  AsyncResult<RecordedTurn> record(AskedTurn turn, Answer answer);

  boost::asio::any_io_executor executor_;
  ChatService& chat_;
  ModelServer& server_;
  RunningAnswers& running_;
  const Clock& clock_;
  CompletionOptions options_;
  TaskGroup streams_;
};

}  // namespace chatsync::service

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task_group.hpp"
#include "chat/completion_json.hpp"
#include "chat/completion_request.hpp"
#include "chat/model_server.hpp"
#include "service/chat_service.hpp"
#include "service/live_answer.hpp"
#include "service/running_answers.hpp"

namespace chatsync::service {

/// A request for a chat completion. Ids are valid.
struct CompletionCall {
  CompletionRequest request;
  std::optional<std::string> session_id;  ///< Absent: nothing is remembered and nothing recorded.
  bool new_session = false;               ///< The session id was made for this call: nobody else knows it.
  std::string user_id = "1";              ///< Owner of a session that is created.
  std::optional<std::string> turn_id;     ///< Absent: one is made.
  /// The turns that go before a lone question, oldest first; absent: the session's latest.
  std::optional<std::vector<Turn>> history;
  std::string details;  ///< More members for the turn's details, as JSON (see turn_details()).
  Durability durability = Durability::cached;
  Reading reading = Reading::chunks;
};

/// A whole answer.
struct Completion {
  std::string body;  ///< As the model server gave it.
  Answer answer;     ///< What it says; of a call without a session only if it is to be read as text.
  std::optional<RecordedTurn> turn;  ///< Of a call with a session.
};

struct CompletionOptions {
  HistoryBudget history;
  std::string default_model;  ///< Of requests that name none.
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

  AsyncResult<std::string> models() { return server_.models(); }

  /// Breaks off the session's streamed answers of this process, and returns how many these are.
  std::size_t cancel(const std::string& session_id) { return running_.cancel(session_id); }

  /// Returns when no stream is under way.
  boost::asio::awaitable<void> finished() { return streams_.join(); }

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

  AsyncResult<Prepared> prepare(CompletionCall* call);
  boost::asio::awaitable<void> follow(std::shared_ptr<LiveAnswer> live, std::unique_ptr<AnswerStream> stream,
                                      std::optional<AskedTurn> turn, bool wants_usage);
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

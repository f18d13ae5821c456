#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/task_group.hpp"
#include "chat/completion_json.hpp"
#include "chat/completion_request.hpp"
#include "chat/model_server.hpp"
#include "service/chat_service.hpp"
#include "service/live_answer.hpp"
#include "service/running_answers.hpp"

namespace chatsync::service {

/// A request to POST /v1/chat/completions. Ids are valid.
struct CompletionCall {
  CompletionRequest request;
  std::optional<std::string> session_id;  ///< Absent: nothing is remembered and nothing recorded.
  std::string user_id = "1";              ///< Owner of a session that is created.
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

  /// The whole answer, as the model server gives it. Its turn is recorded; after an error, none is, but for
  /// `outcome_unknown`.
  AsyncResult<std::string> complete(CompletionCall call);

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
    std::string asked;  ///< As in CompletionRequest.
    SteadyTime began;
  };
  struct Prepared {
    std::optional<AskedTurn> turn;
    std::string body;  ///< What goes to the model server.
  };

  AsyncResult<Prepared> prepare(CompletionCall* call);
  boost::asio::awaitable<void> follow(std::shared_ptr<LiveAnswer> live, std::unique_ptr<AnswerStream> stream,
                                      std::optional<AskedTurn> turn, bool wants_usage);
  boost::asio::awaitable<std::optional<Error>> record_partial(AskedTurn turn, Answer answer, Error failure);
  AsyncResult<void> record(AskedTurn turn, Answer answer);

  boost::asio::any_io_executor executor_;
  ChatService& chat_;
  ModelServer& server_;
  RunningAnswers& running_;
  const Clock& clock_;
  CompletionOptions options_;
  TaskGroup streams_;
};

}  // namespace chatsync::service

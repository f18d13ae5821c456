#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "chat/completion_json.hpp"
#include "chat/conversation_store.hpp"
#include "chat/openai_ids.hpp"
#include "chat/response_request.hpp"
#include "chat/visible_items.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"
#include "service/running_answers.hpp"

namespace chatsync::service {

/// A request to POST /v1/responses. Ids are valid.
struct ResponseCall {
  ResponseRequest request;
  std::string session_id;     ///< Named beside the body's own fields; empty: none is.
  std::string user_id = "1";  ///< Owner of a session that is created.
  TurnRequest terms;
};

/// A response that may be under way.
struct RunningResponse {
  Turn turn;                       ///< As it was recorded, with its newest answer, or else as it was asked.
  std::vector<VisibleItem> items;  ///< Of a recorded turn.
  std::shared_ptr<LiveAnswer> answer;  ///< To be read as text; null: the turn is there.
  bool replayed = false;               ///< The turn was recorded for an earlier request.
};

/// OpenAI's Responses API on chat completions: each response is a turn. What the client asked beside the
/// question stands in the turn's details, so a response is read from any turn, at any instance, and a turn of
/// another endpoint is a response too.
/// One object an I/O thread; the references must outlive it.
class ResponseService {
 public:
  ResponseService(ChatService& chat, CompletionService& completions, RunningAnswers& running,
                  ConversationStore& extras, const Clock& clock, HistoryBudget budget);

  /// The response, whole: its turn is recorded unless the client does not want it stored. Its session is that
  /// of the conversation or of the previous response, or a new one. After an error no turn is recorded, but
  /// for `outcome_unknown`.
  AsyncResult<RunningResponse> create(ResponseCall call);

  /// The same as a stream that the model server has begun, to be read by LiveAnswer::read(). It is recorded
  /// whatever its readers do.
  AsyncResult<RunningResponse> stream(ResponseCall call);

  /// `not_found` if there is no such response, here or recorded.
  AsyncResult<RunningResponse> find(ResponseName name);

  /// Breaks a response off that is under way, waits for its end, and returns its turn as find() does; at
  /// another instance, with whatever else its session is answering. One that has ended stays as it is.
  AsyncResult<RunningResponse> cancel(ResponseName name);

  /// The items with which a response was asked, oldest first.
  AsyncResult<std::vector<VisibleItem>> input_items(ResponseName name);

  /// Deletes a recorded response: all items of its turn.
  AsyncResult<void> erase(ResponseName name);

 private:
  struct Prepared {
    CompletionCall call;
    Turn asked;
  };
  /// What a request asks for, and where.
  struct Asked {
    ResponseRequest request;
    std::string session_id;  ///< Empty: of none.
    std::optional<ResponseName> previous;
    bool new_session = false;
    bool sent_whole = false;  ///< The client sent the conversation itself.
  };

  AsyncResult<Prepared> prepare(ResponseCall call);
  /// Where a request belongs. It may be asked again, with the same outcome, if it has a key.
  Result<Asked> locate(ResponseCall* call);
  AsyncResult<MadeRequest> make(std::shared_ptr<const Asked> asked);
  /// The turns that go before the input.
  AsyncResult<std::vector<Turn>> turns_before(const Asked* asked);
  /// What goes before the input of a request that goes on from this response.
  AsyncResult<std::vector<Turn>> turns_up_to(ResponseName name);
  /// The items of these turns of one session that are not deleted, turn by turn.
  AsyncResult<std::vector<std::vector<Item>>> items_of_turns(std::vector<Turn> turns);
  /// `not_found` if all its items are deleted.
  AsyncResult<RunningResponse> recorded(Turn turn);
  /// Puts the items that are referred to in the place of the references.
  AsyncResult<void> resolve_references(std::string session_id, std::vector<Item>* input);

  ChatService& chat_;
  CompletionService& completions_;
  RunningAnswers& running_;
  ConversationStore& extras_;
  const Clock& clock_;
  HistoryBudget budget_;
};

/// The turn of an answer that is not recorded: `asked` with its answer.
Turn answered(Turn asked, Answer answer);

}  // namespace chatsync::service

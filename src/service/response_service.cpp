#include "service/response_service.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "chat/conversation_items.hpp"
#include "chat/response_history.hpp"
#include "chat/turn_details.hpp"

namespace chatsync::service {
namespace {

std::unexpected<Error> no_response(const ResponseName& name) {
  return fail(ErrorKind::not_found,
              "there is no response " + response_id(name.session_id, name.turn_id) +
                  ": it was not stored, or it was deleted",
              "response_not_found", "response_id");
}

std::unexpected<Error> no_previous(const std::string& id) {
  return fail(ErrorKind::invalid_argument, "Previous response with id '" + id + "' not found.",
              "previous_response_not_found", "previous_response_id");
}

std::unexpected<Error> no_item(std::size_t index, const std::string& id) {
  return fail(ErrorKind::invalid_argument, "Item with id '" + id + "' not found in the conversation.",
              "item_not_found", "input[" + std::to_string(index) + "].id");
}

}  // namespace

Turn answered(Turn asked, Answer answer) {
  const std::string_view known(asked.details);
  // The members of the details that are known already, without their braces.
  asked.details = turn_details(answer, {}, std::chrono::milliseconds(0), known.substr(1, known.size() - 2));
  asked.answer = std::move(answer.text);
  asked.model = std::move(answer.model);
  return asked;
}

ResponseService::ResponseService(ChatService& chat, CompletionService& completions, RunningAnswers& running,
                                 ConversationStore& extras, const Clock& clock, HistoryBudget budget)
    : chat_(chat),
      completions_(completions),
      running_(running),
      extras_(extras),
      clock_(clock),
      budget_(budget) {}

AsyncResult<RunningResponse> ResponseService::create(ResponseCall call) {
  Result<Prepared> prepared = co_await prepare(std::move(call));
  if (!prepared) co_return failure_of(std::move(prepared));
  Result<Completion> completion = co_await completions_.complete(std::move(prepared->call));
  if (!completion) co_return failure_of(std::move(completion));
  RunningResponse response{.replayed = completion->replayed};
  if (completion->turn) {
    response.turn = std::move(completion->turn->turn);
  } else {
    response.turn = answered(std::move(prepared->asked), std::move(completion->answer));
  }
  response.items = visible_items(response.turn);
  co_return response;
}

AsyncResult<RunningResponse> ResponseService::stream(ResponseCall call) {
  Result<Prepared> prepared = co_await prepare(std::move(call));
  if (!prepared) co_return failure_of(std::move(prepared));
  auto answer = co_await completions_.stream(std::move(prepared->call));
  if (!answer) co_return failure_of(std::move(answer));
  RunningResponse response{.turn = (*answer)->asked(), .answer = *answer, .replayed = (*answer)->replayed()};
  // One that tells after another answer knows nothing of the request.
  if (response.turn.turn_id.empty()) response.turn = std::move(prepared->asked);
  co_return response;
}

AsyncResult<ResponseService::Prepared> ResponseService::prepare(ResponseCall call) {
  Result<Asked> located = locate(&call);
  if (!located) co_return failure_of(std::move(located));
  const bool records =
      !located->session_id.empty() && (located->request.store || !located->request.conversation.empty());
  const auto asked = std::make_shared<const Asked>(std::move(*located));
  const ResponseRequest& request = asked->request;
  Prepared prepared{.call = {.request = {.stream = request.stream,
                                         .wants_usage = request.stream,
                                         .names_model = !request.model.empty(),
                                         .has_question = true,
                                         .question = question_of(request.input)},
                             .reading = Reading::text}};
  CompletionCall& completion = prepared.call;
  completion.history.emplace();
  Turn& turn = prepared.asked;
  turn.turn_id = records && call.terms.key ? call.terms.key->turn_id : chat_.new_id();
  turn.timestamp_us = clock_.now_us();
  turn.question = completion.request.question;
  if (!records) {
    Result<MadeRequest> made = co_await make(asked);
    if (!made) co_return failure_of(std::move(made));
    completion.request.body = std::move(made->body);
    turn.details = "{" + made->details + "}";
    co_return prepared;
  }
  turn.session_id = asked->session_id;
  turn.details =
      "{" + response_details(request, asked->sent_whole ? own_part(request.input) : request.input) + "}";
  completion.session_id = asked->session_id;
  completion.new_session = asked->new_session;
  completion.user_id = std::move(call.user_id);
  completion.turn_id = turn.turn_id;
  completion.terms = std::move(call.terms);
  completion.make = [this, asked] { return make(asked); };
  co_return prepared;
}

Result<ResponseService::Asked> ResponseService::locate(ResponseCall* call) {
  Asked asked{.request = std::move(call->request)};
  const ResponseRequest& request = asked.request;
  if (!request.previous_response_id.empty()) {
    asked.previous = parse_response_id(request.previous_response_id);
    if (!asked.previous) return no_previous(request.previous_response_id);
    asked.session_id = asked.previous->session_id;
  } else if (!request.conversation.empty()) {
    asked.session_id = request.conversation;
  } else if (!call->session_id.empty()) {
    asked.session_id = std::move(call->session_id);
    asked.sent_whole = is_conversation(request.input);
  } else if (request.store) {
    // One that follows from a key may have been made by an earlier request.
    asked.new_session = !call->terms.key;
    asked.session_id = conversation_id(call->terms.key ? call->terms.key->session_id : chat_.new_id());
  }
  return asked;
}

AsyncResult<MadeRequest> ResponseService::make(std::shared_ptr<const Asked> asked) {
  ResponseRequest request = asked->request;
  Result<std::vector<Turn>> before = co_await turns_before(asked.get());
  if (!before) co_return failure_of(std::move(before));
  Result<std::vector<std::vector<Item>>> known = co_await items_of_turns(std::move(*before));
  if (!known) co_return failure_of(std::move(known));
  if (asked->previous && (known->empty() || known->back().empty())) {
    co_return no_previous(request.previous_response_id);
  }
  Result<void> resolved = co_await resolve_references(asked->session_id, &request.input);
  if (!resolved) co_return failure_of(std::move(resolved));
  MadeRequest made;
  made.details = response_details(request, asked->sent_whole ? own_part(request.input) : request.input);
  made.body = completion_body(request, history_messages(std::move(*known), request.input, budget_));
  co_return made;
}

AsyncResult<std::vector<Turn>> ResponseService::turns_before(const Asked* asked) {
  if (asked->previous) co_return co_await turns_up_to(*asked->previous);
  if (asked->session_id.empty() || asked->new_session) co_return std::vector<Turn>();
  // Asked for also where it is not used: it tells whether the session may go on at all.
  Result<std::vector<Turn>> turns = co_await chat_.latest_turns(asked->session_id);
  if (turns && asked->sent_whole) turns->clear();
  co_return turns;
}

AsyncResult<std::vector<Turn>> ResponseService::turns_up_to(ResponseName name) {
  const auto is_it = [&name](const Turn& turn) { return turn.turn_id == name.turn_id; };
  Result<std::vector<Turn>> latest = co_await chat_.latest_turns(name.session_id);
  if (!latest) co_return failure_of(std::move(latest));
  if (const auto found = std::ranges::find_if(*latest, is_it); found != latest->end()) {
    latest->erase(found + 1, latest->end());
    co_return branch_of(std::move(*latest));
  }
  Result<std::optional<Turn>> turn = co_await chat_.find_turn(name.session_id, name.turn_id);
  if (!turn) co_return failure_of(std::move(turn));
  if (!turn->has_value()) co_return std::vector<Turn>();
  Result<MessageList> page = co_await chat_.messages(
      name.session_id, {.limit = std::max(budget_.turns, kHistoryTurns), .before_us = (*turn)->timestamp_us});
  if (!page) co_return failure_of(std::move(page));
  page->turns.push_back(std::move(**turn));
  co_return branch_of(std::move(page->turns));
}

AsyncResult<void> ResponseService::resolve_references(std::string session_id, std::vector<Item>* input) {
  std::optional<Turn> turn;
  for (std::size_t index = 0; index < input->size(); ++index) {
    Item& item = (*input)[index];
    if (item.type != "item_reference") continue;
    const auto name = parse_item_id(item.id);
    if (!name || session_id.empty()) co_return no_item(index, item.id);
    if (!turn || turn->turn_id != name->turn_id) {
      Result<std::optional<Turn>> found = co_await chat_.find_turn(session_id, name->turn_id);
      if (!found) co_return failure_of(std::move(found));
      turn = std::move(*found);
    }
    TurnItems items = turn ? items_of(*turn) : TurnItems();
    if (name->place >= items.items.size()) co_return no_item(index, item.id);
    item = std::move(items.items[name->place]);
  }
  co_return Result<void>();
}

AsyncResult<RunningResponse> ResponseService::find(ResponseName name) {
  if (auto answer = running_.find(name.turn_id); answer && answer->asked().session_id == name.session_id) {
    co_return RunningResponse{.turn = answer->asked(), .items = {}, .answer = answer};
  }
  Result<std::optional<Turn>> turn = co_await chat_.find_turn(name.session_id, name.turn_id);
  if (!turn) co_return failure_of(std::move(turn));
  if (turn->has_value()) co_return co_await recorded(std::move(**turn));
  // It may be under way at another instance, which tells its text.
  auto elsewhere = co_await completions_.resume(name.session_id, name.turn_id);
  if (!elsewhere && elsewhere.error().kind == ErrorKind::not_found) co_return no_response(name);
  if (!elsewhere) co_return failure_of(std::move(elsewhere));
  co_return RunningResponse{.turn = {.session_id = std::move(name.session_id),
                                     .turn_id = std::move(name.turn_id),
                                     .timestamp_us = clock_.now_us()},
                            .answer = std::move(*elsewhere)};
}

AsyncResult<RunningResponse> ResponseService::recorded(Turn turn) {
  const Result<std::vector<TurnExtras>> all = co_await extras_.extras_of(turn.session_id, {turn.turn_id});
  if (!all) co_return std::unexpected(all.error());
  const TurnExtras* extras = all->empty() ? nullptr : all->data();
  RunningResponse response{.turn = std::move(turn), .items = {}, .answer = nullptr};
  response.items = visible_items(response.turn, extras);
  if (response.items.empty()) {
    co_return no_response({.session_id = response.turn.session_id, .turn_id = response.turn.turn_id});
  }
  if (extras != nullptr) take_active_answer(response.turn, *extras);
  co_return response;
}

AsyncResult<std::vector<VisibleItem>> ResponseService::input_items(ResponseName name) {
  Result<RunningResponse> found = co_await find(std::move(name));
  if (!found) co_return failure_of(std::move(found));
  if (found->answer != nullptr) co_return visible_items(found->turn);
  std::erase_if(found->items, [](const VisibleItem& item) { return !item.asked; });
  co_return std::move(found->items);
}

AsyncResult<void> ResponseService::erase(ResponseName name) {
  Result<RunningResponse> found = co_await find(name);
  if (!found) co_return failure_of(std::move(found));
  if (found->answer != nullptr) {
    co_return fail(ErrorKind::conflict, "the response is under way: cancel it first", "response_in_progress",
                   "response_id");
  }
  const Result<Session> session = co_await chat_.session(name.session_id);
  if (!session) co_return std::unexpected(session.error());
  for (VisibleItem& item : found->items) {
    const Result<void> deleted = co_await extras_.delete_item(*session, std::move(item.place));
    if (!deleted) co_return deleted;
  }
  co_return Result<void>();
}

AsyncResult<std::vector<std::vector<Item>>> ResponseService::items_of_turns(std::vector<Turn> turns) {
  std::vector<std::vector<Item>> result;
  if (turns.empty()) co_return result;
  std::vector<std::string> ids;
  for (const Turn& turn : turns) ids.push_back(turn.turn_id);
  const Result<std::vector<TurnExtras>> extras =
      co_await extras_.extras_of(turns.front().session_id, std::move(ids));
  if (!extras) co_return std::unexpected(extras.error());
  for (const Turn& turn : turns) {
    std::vector<Item>& items = result.emplace_back();
    for (VisibleItem& item : visible_items(turn, find_extras(*extras, turn.turn_id))) {
      items.push_back(std::move(item.item));
    }
  }
  co_return result;
}

AsyncResult<RunningResponse> ResponseService::cancel(ResponseName name) {
  constexpr std::chrono::seconds kLongest{30};
  Result<RunningResponse> found = co_await find(name);
  if (!found || found->answer == nullptr) co_return found;
  if (!running_.cancel_turn(name.turn_id)) co_await completions_.cancel_anywhere(name.session_id);
  const SteadyTime deadline = clock_.steady_now() + kLongest;
  LiveAnswer::Piece piece;
  while (!piece.ended && clock_.steady_now() < deadline) {
    piece = co_await LiveAnswer::read(found->answer, piece.place, deadline);
  }
  if (piece.turn) co_return co_await recorded(std::move(piece.turn->turn));
  if (!piece.ended) co_return found;
  // Nothing came of it, so there is no turn: this reply is all that tells of it.
  found->turn.status = TurnStatus::incomplete;
  found->turn.details.insert(1, R"("finish_reason":"cancelled",)");
  found->answer = nullptr;
  co_return found;
}

}  // namespace chatsync::service

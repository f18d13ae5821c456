#include "service/conversation_extras.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "chat/conversation_title.hpp"
#include "chat/regeneration.hpp"
#include "chat/turn_details.hpp"
#include "chat/turn_extras.hpp"

namespace chatsync::service {
namespace {

std::unexpected<Error> no_such_item() {
  return fail(ErrorKind::not_found, "the conversation has no such item", "item_not_found", "item_id");
}

}  // namespace

ConversationExtras::ConversationExtras(ChatService& chat, CompletionService& completions,
                                       ConversationStore& store, const Clock& clock, const IdGenerator& ids,
                                       bool has_search_index)
    : chat_(chat),
      completions_(completions),
      store_(store),
      clock_(clock),
      ids_(ids),
      has_search_index_(has_search_index) {}

AsyncResult<ConversationList> ConversationExtras::list(std::string user_id, std::size_t limit,
                                                       std::optional<std::string> after) {
  SessionPage page{.limit = limit};
  if (after) {
    const Result<SessionDescription> last = co_await description(*after);
    if (!last) co_return std::unexpected(last.error());
    page.after = SessionPage::Position{.updated_at_us = last->updated_at_us, .session_id = *after};
    if (last->updated_at_us == 0) {
      const Result<Session> unsynced = co_await chat_.session(*after);
      if (!unsynced) co_return std::unexpected(unsynced.error());
      page.after->updated_at_us = unsynced->updated_at_us;
    }
  }
  Result<SessionList> sessions = co_await chat_.sessions_of(std::move(user_id), std::move(page));
  if (!sessions) co_return failure_of(std::move(sessions));
  ConversationList list{.has_more = sessions->has_more, .partial = sessions->partial};
  Result<std::vector<Conversation>> conversations = co_await described(std::move(sessions->sessions));
  if (!conversations) co_return failure_of(std::move(conversations));
  list.conversations = std::move(*conversations);
  co_return list;
}

AsyncResult<Conversation> ConversationExtras::conversation(std::string session_id) {
  Result<Session> session = co_await chat_.session(std::move(session_id));
  if (!session) co_return failure_of(std::move(session));
  std::vector<Session> one;
  one.push_back(std::move(*session));
  Result<std::vector<Conversation>> conversations = co_await described(std::move(one));
  if (!conversations) co_return failure_of(std::move(conversations));
  co_return std::move(conversations->front());
}

AsyncResult<std::vector<Conversation>> ConversationExtras::described(std::vector<Session> sessions) {
  std::vector<std::string> ids;
  for (const Session& session : sessions) ids.push_back(session.session_id);
  Result<std::vector<SessionDescription>> descriptions = co_await store_.descriptions(std::move(ids));
  if (!descriptions) co_return failure_of(std::move(descriptions));
  std::vector<Conversation> conversations;
  for (Session& session : sessions) {
    Conversation conversation{.session = std::move(session)};
    Session& shown = conversation.session;
    const auto known = std::ranges::find(*descriptions, shown.session_id, &SessionDescription::session_id);
    if (known != descriptions->end()) {
      if (!known->title.empty()) shown.title = std::move(known->title);
      conversation.metadata = std::move(known->metadata);
    }
    if (shown.title.empty() && shown.question_count > 0) {
      Result<std::string> title = co_await made_title(shown.session_id);
      if (!title) co_return failure_of(std::move(title));
      shown.title = std::move(*title);
    }
    conversations.push_back(std::move(conversation));
  }
  co_return conversations;
}

AsyncResult<std::string> ConversationExtras::made_title(std::string session_id) {
  const Result<MessageList> oldest = co_await chat_.messages(session_id, {.limit = 1, .after_us = 0});
  if (!oldest && oldest.error().kind == ErrorKind::not_found) co_return std::string();
  if (!oldest) co_return std::unexpected(oldest.error());
  if (oldest->turns.empty()) co_return std::string();
  const Turn& first = oldest->turns.front();
  const auto extras = co_await of_turns(std::move(session_id), std::span(&first, 1));
  if (!extras) co_return std::unexpected(extras.error());
  const TurnExtras* own = find_extras(*extras, first.turn_id);
  const ItemMark* question = own == nullptr ? nullptr : find_mark(*own, {}, 0);
  if (question != nullptr && question->deleted) co_return std::string();
  co_return title_of_question(first.question);
}

AsyncResult<SessionDescription> ConversationExtras::description(std::string session_id) {
  auto known = co_await store_.descriptions(std::vector{session_id});
  if (!known) co_return failure_of(std::move(known));
  if (known->empty()) co_return SessionDescription{.session_id = std::move(session_id)};
  co_return std::move(known->front());
}

AsyncResult<std::vector<TurnExtras>> ConversationExtras::of_turns(std::string session_id,
                                                                  std::span<const Turn> turns) {
  std::vector<std::string> ids;
  ids.reserve(turns.size());
  for (const Turn& turn : turns) ids.push_back(turn.turn_id);
  return store_.extras_of(std::move(session_id), std::move(ids));
}

AsyncResult<void> ConversationExtras::describe(std::string session_id, std::optional<std::string> title,
                                               std::optional<std::string> metadata) {
  Result<Session> session = co_await chat_.session(std::move(session_id));
  if (!session) co_return failure_of(std::move(session));
  co_return co_await store_.describe(std::move(*session), std::move(title), std::move(metadata));
}

AsyncResult<FoundItem> ConversationExtras::find_item(std::string session_id, ItemName name) {
  FoundItem found{.place = {.turn_id = name.turn_id, .item = static_cast<std::int64_t>(name.place)}};
  Result<std::optional<Turn>> turn = co_await chat_.find_turn(session_id, name.turn_id);
  if (!turn) co_return failure_of(std::move(turn));
  if (!turn->has_value()) {
    Result<std::optional<std::string>> owner = co_await store_.turn_of_sibling(session_id, name.turn_id);
    if (!owner) co_return failure_of(std::move(owner));
    // The question is the turn's own, whichever answer is meant.
    if (!owner->has_value() || name.place == 0) co_return no_such_item();
    found.place = {.turn_id = **owner, .sibling_id = name.turn_id, .item = found.place.item};
    turn = co_await chat_.find_turn(session_id, **owner);
    if (!turn) co_return failure_of(std::move(turn));
    if (!turn->has_value()) co_return no_such_item();
  }
  found.turn = std::move(**turn);
  co_return found;
}

AsyncResult<void> ConversationExtras::rate(std::string session_id, ItemName item,
                                           std::optional<ItemFeedback> feedback) {
  Result<Session> session = co_await chat_.session(session_id);
  if (!session) co_return failure_of(std::move(session));
  Result<FoundItem> found = co_await find_item(std::move(session_id), std::move(item));
  if (!found) co_return failure_of(std::move(found));
  co_return co_await store_.rate_item(std::move(*session), std::move(found->place), std::move(feedback));
}

AsyncResult<std::vector<Turn>> ConversationExtras::history_before(const Turn* turn) {
  Result<MessageList> before =
      co_await chat_.messages(turn->session_id, {.limit = kHistoryTurns, .before_us = turn->timestamp_us});
  if (!before) co_return failure_of(std::move(before));
  const auto extras = co_await of_turns(turn->session_id, before->turns);
  if (!extras) co_return std::unexpected(extras.error());
  co_return as_history(std::move(before->turns), *extras);
}

AsyncResult<Regenerated> ConversationExtras::regenerate(std::string session_id, std::string turn_id,
                                                        std::string model, std::string instructions) {
  Result<Session> session = co_await chat_.session(session_id);
  if (!session) co_return failure_of(std::move(session));
  Result<std::optional<Turn>> turn = co_await chat_.find_turn(session_id, turn_id);
  if (!turn) co_return failure_of(std::move(turn));
  if (!turn->has_value()) co_return no_such_item();
  Regenerated regenerated{.turn = std::move(**turn), .question_count = session->question_count};
  Turn& answered = regenerated.turn;
  const auto extras = co_await of_turns(session_id, std::span(&answered, 1));
  if (!extras) co_return std::unexpected(extras.error());
  const TurnExtras* own = find_extras(*extras, answered.turn_id);
  const ItemMark* question = own == nullptr ? nullptr : find_mark(*own, {}, 0);
  if (question != nullptr && question->deleted) co_return no_such_item();

  Result<std::vector<Turn>> history = co_await history_before(&answered);
  if (!history) co_return failure_of(std::move(history));
  Result<Regeneration> asking = regeneration_of(answered, model, instructions);
  if (!asking) co_return failure_of(std::move(asking));
  const SteadyTime began = clock_.steady_now();
  Result<Completion> completion = co_await completions_.complete(
      {.request = std::move(asking->request), .history = std::move(*history), .reading = Reading::text});
  if (!completion) co_return failure_of(std::move(completion));
  const auto latency = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - began);

  Answer& answer = completion->answer;
  SiblingAnswer sibling{.details = turn_details(answer, asking->asked, latency),
                        .created_at_us = clock_.now_us()};
  sibling.sibling_id = ids_.uuid_v7(sibling.created_at_us);
  sibling.answer = std::move(answer.text);
  sibling.model = std::move(answer.model);
  take_active_answer(answered, {.turn_id = answered.turn_id, .siblings = {sibling}});
  regenerated.sibling_id = sibling.sibling_id;
  const Result<void> stored =
      co_await store_.add_sibling(std::move(*session), answered.turn_id, std::move(sibling));
  if (!stored) co_return std::unexpected(stored.error());
  co_return regenerated;
}

}  // namespace chatsync::service

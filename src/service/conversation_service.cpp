#include "service/conversation_service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "chat/openai_ids.hpp"

namespace chatsync::service {
namespace {

std::unexpected<Error> no_item(const std::string& id, std::string param) {
  return fail(ErrorKind::not_found, "there is no item " + id, "item_not_found", std::move(param));
}

void append_all(std::vector<VisibleItem>& items, std::vector<VisibleItem> more, bool ascending) {
  if (!ascending) std::ranges::reverse(more);
  std::ranges::move(more, std::back_inserter(items));
}

ItemList cut_to_limit(std::vector<VisibleItem> items, std::size_t limit) {
  ItemList list{.items = std::move(items)};
  list.has_more = list.items.size() > limit;
  if (list.has_more) list.items.resize(limit);
  return list;
}

}  // namespace

Result<ItemList> page_of(std::vector<VisibleItem> items, const ItemPage& page) {
  if (!page.ascending) std::ranges::reverse(items);
  if (page.after) {
    const auto before = std::ranges::find(items, *page.after, &VisibleItem::id);
    if (before == items.end()) return no_item(*page.after, "after");
    items.erase(items.begin(), before + 1);
  }
  return cut_to_limit(std::move(items), page.limit);
}

ConversationService::ConversationService(ChatService& chat, ConversationExtras& extras,
                                         ConversationStore& store)
    : chat_(chat), extras_(extras), store_(store) {}

AsyncResult<Conversation> ConversationService::create(ConversationRequest request) {
  const Result<Session> session =
      co_await chat_.create_session({.session_id = conversation_id(chat_.new_id()),
                                     .user_id = std::move(request.user),
                                     .title = std::move(request.title),
                                     .known_new = true});
  if (!session) co_return std::unexpected(session.error());
  if (!request.metadata.empty()) {
    const Result<void> described = co_await store_.describe(*session, std::nullopt, request.metadata);
    if (!described) co_return std::unexpected(described.error());
  }
  if (request.turns.empty()) {
    co_return Conversation{.session = *session, .metadata = std::move(request.metadata)};
  }
  const auto added = co_await add(session->session_id, std::move(request.turns));
  if (!added) co_return std::unexpected(added.error());
  co_return co_await find(session->session_id);
}

AsyncResult<Conversation> ConversationService::update(std::string session_id, ConversationUpdate update) {
  const Result<void> described =
      co_await extras_.describe(session_id, std::move(update.title), std::move(update.metadata));
  if (!described) co_return std::unexpected(described.error());
  co_return co_await find(std::move(session_id));
}

AsyncResult<std::vector<VisibleItem>> ConversationService::add(std::string session_id,
                                                               std::vector<ItemTurn> turns) {
  const Result<Session> session = co_await chat_.session(session_id);
  if (!session) co_return std::unexpected(session.error());
  std::vector<VisibleItem> items;
  for (ItemTurn& each : turns) {
    Result<Turn> turn = chat_.begin_turn(session_id, session->user_id);
    if (!turn) co_return failure_of(std::move(turn));
    turn->question = std::move(each.question);
    turn->answer = std::move(each.answer);
    turn->details = std::move(each.details);
    const Result<RecordedTurn> recorded = co_await chat_.record_answered(std::move(*turn));
    if (!recorded) co_return std::unexpected(recorded.error());
    append_all(items, visible_items(recorded->turn), true);
  }
  co_return items;
}

AsyncResult<ItemList> ConversationService::items(std::string session_id, ItemPage page) {
  std::vector<VisibleItem> items;
  TurnPage turns{.limit = page.limit + 1};
  if (page.ascending) turns.after_us = 0;
  if (page.after) {
    Result<ItemsOfTurn> of_turn = co_await turn_of_item(session_id, *page.after, "after");
    if (!of_turn) co_return failure_of(std::move(of_turn));
    const ItemPage rest{.limit = of_turn->items.size(), .ascending = page.ascending, .after = page.after};
    Result<ItemList> behind = page_of(std::move(of_turn->items), rest);
    if (!behind) co_return failure_of(std::move(behind));
    items = std::move(behind->items);
    (page.ascending ? turns.after_us : turns.before_us) = of_turn->timestamp_us;
  }
  for (bool more = true; more && items.size() <= page.limit;) {
    Result<MessageList> list = co_await chat_.messages(session_id, turns);
    if (!list) co_return failure_of(std::move(list));
    more = list->has_more && !list->turns.empty();
    if (more && page.ascending) turns.after_us = list->turns.back().timestamp_us;
    if (more && !page.ascending) turns.before_us = list->turns.front().timestamp_us;
    Result<std::vector<VisibleItem>> next = co_await items_of_turns(session_id, std::move(list->turns));
    if (!next) co_return failure_of(std::move(next));
    append_all(items, std::move(*next), page.ascending);
  }
  co_return cut_to_limit(std::move(items), page.limit);
}

AsyncResult<VisibleItem> ConversationService::item(std::string session_id, std::string item_id) {
  Result<ItemsOfTurn> of_turn = co_await turn_of_item(std::move(session_id), item_id, "item_id");
  if (!of_turn) co_return failure_of(std::move(of_turn));
  const auto found = std::ranges::find(of_turn->items, item_id, &VisibleItem::id);
  if (found == of_turn->items.end()) co_return no_item(item_id, "item_id");
  co_return std::move(*found);
}

AsyncResult<Conversation> ConversationService::delete_item(std::string session_id, std::string item_id) {
  Result<VisibleItem> found = co_await item(session_id, std::move(item_id));
  if (!found) co_return failure_of(std::move(found));
  Result<Conversation> conversation = co_await find(std::move(session_id));
  if (!conversation) co_return conversation;
  const Result<void> deleted = co_await store_.delete_item(conversation->session, std::move(found->place));
  if (!deleted) co_return std::unexpected(deleted.error());
  co_return conversation;
}

AsyncResult<ConversationService::ItemsOfTurn> ConversationService::turn_of_item(std::string session_id,
                                                                                std::string item_id,
                                                                                std::string param) {
  const auto name = parse_item_id(item_id);
  if (!name) co_return no_item(item_id, std::move(param));
  Result<std::optional<Turn>> turn = co_await chat_.find_turn(session_id, name->turn_id);
  if (turn && !turn->has_value()) {
    const auto owner = co_await store_.turn_of_sibling(session_id, name->turn_id);
    if (!owner) co_return std::unexpected(owner.error());
    if (owner->has_value()) turn = co_await chat_.find_turn(session_id, **owner);
  }
  if (!turn) co_return failure_of(std::move(turn));
  if (!turn->has_value()) co_return no_item(item_id, std::move(param));
  const std::int64_t timestamp_us = (*turn)->timestamp_us;
  Result<std::vector<VisibleItem>> items =
      co_await items_of_turns(std::move(session_id), std::vector<Turn>{std::move(**turn)});
  if (!items) co_return failure_of(std::move(items));
  co_return ItemsOfTurn{.items = std::move(*items), .timestamp_us = timestamp_us};
}

AsyncResult<std::vector<VisibleItem>> ConversationService::items_of_turns(std::string session_id,
                                                                          std::vector<Turn> turns) {
  std::vector<VisibleItem> items;
  if (turns.empty()) co_return items;
  std::vector<std::string> ids;
  ids.reserve(turns.size());
  for (const Turn& turn : turns) ids.push_back(turn.turn_id);
  const Result<std::vector<TurnExtras>> extras =
      co_await store_.extras_of(std::move(session_id), std::move(ids));
  if (!extras) co_return std::unexpected(extras.error());
  for (const Turn& turn : turns)
    append_all(items, visible_items(turn, find_extras(*extras, turn.turn_id)), true);
  co_return items;
}

}  // namespace chatsync::service

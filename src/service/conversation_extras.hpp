#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "chat/conversation_store.hpp"
#include "chat/ids.hpp"
#include "chat/openai_ids.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"

namespace chatsync::service {

/// A session as a conversation.
struct Conversation {
  Session session;       ///< With the title that was given, or else one made of its first question.
  std::string metadata;  ///< A JSON object; empty: none.
};

struct ConversationList {
  std::vector<Conversation> conversations;
  bool has_more = false;
  bool partial = false;  ///< As in SessionList.
};

/// Which answer of which turn an item is of, and its place in there.
struct FoundItem {
  Turn turn;
  ItemPlace place;
};

/// Another answer to the question of a turn, stored.
struct Regenerated {
  Turn turn;  ///< With the answer.
  std::string sibling_id;
  std::int64_t question_count = 0;  ///< Of the session: the same as before.
};

/// A turn that was found.
struct SearchHit {
  Turn turn;
  std::size_t conversation = 0;  ///< Where its conversation stands in the page's.
  std::size_t place = 0;         ///< 0: one of the words stands in the question as it is written; else 1.
  std::string snippet;           ///< Of that text.
};

struct SearchPage {
  std::vector<SearchHit> hits;  ///< The newest first.
  std::vector<Conversation> conversations;
  bool has_more = false;
};

/// What OpenAI's API of conversations lacks: lists of them, search, titles, feedback, other answers. It asks
/// the store for what it is about, and is `unavailable` while the store is away. One object an I/O thread;
/// the references must outlive it.
class ConversationExtras {
 public:
  ConversationExtras(ChatService& chat, CompletionService& completions, ConversationStore& store,
                     const Clock& clock, const IdGenerator& ids, bool has_search_index);

  /// A user's conversations, those with the latest activity first; after the conversation `after`, if it is
  /// given.
  AsyncResult<ConversationList> list(std::string user_id, std::size_t limit,
                                     std::optional<std::string> after);

  AsyncResult<Conversation> conversation(std::string session_id);

  /// What was said of a session; empty if nothing was.
  AsyncResult<SessionDescription> description(std::string session_id);

  /// What was done to these turns of a session after they were recorded.
  AsyncResult<std::vector<TurnExtras>> of_turns(std::string session_id, std::span<const Turn> turns);

  /// Sets title, metadata or both of a conversation that is there. `title` is not empty; `metadata` is a JSON
  /// object of at most 16 strings.
  AsyncResult<void> describe(std::string session_id, std::optional<std::string> title,
                             std::optional<std::string> metadata);

  /// `not_found`, code `item_not_found`, if the turn is not there.
  AsyncResult<FoundItem> find_item(std::string session_id, ItemName name);

  /// Takes the place of the feedback before; nothing takes it back.
  AsyncResult<void> rate(std::string session_id, ItemName item, std::optional<ItemFeedback> feedback);

  /// Looks for turns in the store. `invalid_argument`, code `search_off`, if no index is kept.
  AsyncResult<SearchPage> search(SearchQuery query);

  /// Asks the model for another answer to a turn's question, with the turns before it as history, and stores
  /// it beside the turn: from then on it is the one that counts. `model` and `instructions` may be empty.
  AsyncResult<Regenerated> regenerate(std::string session_id, std::string turn_id, std::string model,
                                      std::string instructions);

 private:
  /// The title of a conversation that was given none.
  AsyncResult<std::string> made_title(std::string session_id);
  AsyncResult<std::vector<Conversation>> described(std::vector<Session> sessions);
  /// The last turns before a turn, as the model is shown them.
  AsyncResult<std::vector<Turn>> history_before(const Turn* turn);

  ChatService& chat_;
  CompletionService& completions_;
  ConversationStore& store_;
  const Clock& clock_;
  IdGenerator ids_;
  const bool has_search_index_;
};

}  // namespace chatsync::service

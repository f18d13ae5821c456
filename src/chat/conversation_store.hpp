#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// What was said of a session beside its turns.
struct SessionDescription {
  std::string session_id;
  std::string title;               ///< Empty: none.
  std::string metadata;            ///< A JSON object; empty: none was given.
  std::int64_t updated_at_us = 0;  ///< When its last synced turn was asked: its place in lists of sessions.

  bool operator==(const SessionDescription&) const = default;
};

/// Names one item of a turn: the k-th of the turn as it was first answered, or of one of its sibling answers.
struct ItemPlace {
  std::string turn_id;
  std::string sibling_id;  ///< Empty: of the turn as it was first answered.
  std::int64_t item = 0;   ///< 0 is the question.

  bool operator==(const ItemPlace&) const = default;
};

struct ItemFeedback {
  int rating = 0;        ///< 1 up, -1 down.
  std::string comment;   ///< UTF-8; may be empty.
  std::string given_by;  ///< A user id; empty: nobody said.
  std::int64_t given_at_us = 0;

  bool operator==(const ItemFeedback&) const = default;
};

/// What was done to an item after its turn was recorded.
struct ItemMark {
  ItemPlace place;
  bool deleted = false;
  std::optional<ItemFeedback> feedback;

  bool operator==(const ItemMark&) const = default;
};

/// Another answer to a turn's question. It is no turn: nothing counts it.
struct SiblingAnswer {
  std::string sibling_id;  ///< UUIDv7: the order of ids is that in which they were made.
  std::string answer;
  TurnStatus status = TurnStatus::complete;
  std::string model;
  std::string details;  ///< As in Turn.
  std::int64_t created_at_us = 0;

  bool operator==(const SiblingAnswer&) const = default;
};

/// All that was done to a turn after it was recorded (turn_extras.hpp says what it means for its items).
struct TurnExtras {
  std::string turn_id;
  std::vector<ItemMark> marks;          ///< By place.
  std::vector<SiblingAnswer> siblings;  ///< By id, so the newest last, which is the answer that counts.
};

/// Which turns to look for.
struct SearchQuery {
  std::vector<std::string> words;      ///< All of them, in question or answer; not empty (search_words.hpp).
  std::optional<std::string> user_id;  ///< Only in this user's sessions.
  std::optional<std::string> session_id;  ///< Only in this one.
  std::size_t limit = 20;
  struct Position {
    std::int64_t timestamp_us = 0;
    std::string turn_id;
  };
  std::optional<Position> after;  ///< Only turns that come after it in the order.
};

/// What conversations have beside turns: rare, so it goes straight to the store and never through the cache.
/// Thread-safe, as TurnStore is, and with the same errors; what changes something returns after COMMIT and
/// is repeatable.
///
/// A change is of a session that the caller knows to exist, though the store may not have it yet: then its
/// row is made, without turns. A change of an erased session is `gone`, code `session_deleted`. An erasure
/// takes all of it along. Turns are named by their ids and need not be stored yet.
class ConversationStore {
 public:
  virtual ~ConversationStore() = default;

  /// Sets the title, the metadata or both. From then on the title is what was set here, whatever title a
  /// drain brings.
  virtual AsyncResult<void> describe(Session session, std::optional<std::string> title,
                                     std::optional<std::string> metadata) = 0;

  /// Of those of the sessions that the store knows and that are not erased, in any order.
  virtual AsyncResult<std::vector<SessionDescription>> descriptions(std::vector<std::string> session_ids) = 0;

  /// Deletes an item, for good. Its turn stays, and is counted as before; its feedback goes.
  virtual AsyncResult<void> delete_item(Session session, ItemPlace place) = 0;

  /// Takes the place of what was said of the item before; nothing takes it back. A deleted item is
  /// `not_found`, code `item_not_found`.
  virtual AsyncResult<void> rate_item(Session session, ItemPlace place,
                                      std::optional<ItemFeedback> feedback) = 0;

  virtual AsyncResult<void> add_sibling(Session session, std::string turn_id, SiblingAnswer sibling) = 0;

  /// What was done to these turns of a session: an element for each that anything was done to, by turn id.
  virtual AsyncResult<std::vector<TurnExtras>> extras_of(std::string session_id,
                                                         std::vector<std::string> turn_ids) = 0;

  /// The turn that a sibling answer belongs to; nothing if the session has no such sibling.
  virtual AsyncResult<std::optional<std::string>> turn_of_sibling(std::string session_id,
                                                                  std::string sibling_id) = 0;

  /// The turns with these words that index_turns() has seen, whatever the words' case and accents: the newest
  /// first, those of one time stamp by id. Not turns of erased sessions, nor turns that an item was deleted
  /// of. Answers are looked at as they were first given.
  virtual AsyncResult<std::vector<Turn>> search(SearchQuery query) = 0;

  /// Puts stored turns that search() does not see yet into its index, about `limit` of them; 0: there are
  /// none left. Any number of callers may do so at once: what others are at is waited for when nothing else
  /// is left, but for a few seconds only. A store that was opened without a search index never has any.
  virtual AsyncResult<std::size_t> index_turns(std::size_t limit) = 0;
};

}  // namespace chatsync

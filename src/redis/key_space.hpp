#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync::redis {

/// The names of all keys. `P` is a session's prefix: `session:abc`, or with tags (Redis Cluster, where one
/// slot must hold all keys of a session) `session:{abc}`.
///
/// | key | type | holds |
/// |---|---|---|
/// | `P:count` | string | the number of questions |
/// | `P:history` | list | the last 10 turns as JSON, oldest first |
/// | `P:pending_msgs` | set | the keys of the turns not yet in the store |
/// | `P:msg:{timestamp}` | hash | one turn; the time stamp is microseconds since the epoch |
/// | `P:meta` | hash | the session's own data and marks, as below |
/// | `sync:dirty` | sorted set | sessions with something to sync, scored by when they became so |
/// | `sync:new:{user}` | set | the user's sessions that may not be in the store yet |
///
/// Meta has `user_id`, `title`, `created_at`, `updated_at`; `unsynced` if these are not in the store; `empty`
/// if the count is 0 because the session has no turns; `settled_us`, the time stamp of the last turn that the
/// store took in the cache's place and the cache has numbered; `settled:{timestamp}`, such a turn's
/// number and final time stamp until the store has committed them; and `history_of_store` if the history was
/// replaced by the store's while turns were pending. Of an erased session it has `erased`
/// alone, for a day.
class KeySpace {
 public:
  enum class Form { plain, tagged };

  static constexpr std::string_view kCount = ":count";
  static constexpr std::string_view kHistory = ":history";
  static constexpr std::string_view kPending = ":pending_msgs";
  static constexpr std::string_view kMessage = ":msg:";
  static constexpr std::string_view kMeta = ":meta";
  static constexpr std::string_view kSettled = "settled:";  ///< The beginning of fields of meta.
  static constexpr std::string_view kHistoryOfStore = "history_of_store";  ///< A field of meta.
  static constexpr std::string_view kDirty = "sync:dirty";
  static constexpr std::string_view kNewSessions = "sync:new:";

  explicit KeySpace(Form form = Form::plain) : form_(form) {}

  /// `P`.
  std::string prefix(std::string_view session_id) const;
  void append_prefix(std::string& out, std::string_view session_id) const;
  std::string message(std::string_view session_id, std::int64_t timestamp_us) const;
  static void append_message(std::string& out, std::string_view prefix, std::int64_t timestamp_us);

  /// A SCAN pattern that matches every pending set, and maybe more.
  std::string_view pending_pattern() const;
  /// The same for counts.
  std::string_view count_pattern() const;
  /// The session whose pending set `key` is; nothing if it is none. The id may violate the grammar of ids.
  std::optional<std::string_view> session_of_pending(std::string_view key) const;
  /// The same for a count.
  std::optional<std::string_view> session_of_count(std::string_view key) const;
  /// The time stamp in a message's key of the session with this prefix; nothing if `key` is not of the form
  /// `P:msg:{timestamp}`, with a positive timestamp in its only decimal form and within the year 9999.
  static std::optional<std::int64_t> message_timestamp(std::string_view prefix, std::string_view key);

 private:
  std::optional<std::string_view> session_of(std::string_view key, std::string_view what) const;

  Form form_;
};

}  // namespace chatsync::redis

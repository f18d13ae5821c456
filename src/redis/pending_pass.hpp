#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "chat/pending_turns.hpp"
#include "redis/claim.hpp"
#include "redis/connection.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// A walk over the pending sets; see pending_pass.cpp for how.
class RedisPendingPass final : public PendingPass {
 public:
  RedisPendingPass(RedisConnection& connection, std::chrono::milliseconds session_ttl, const Clock& clock,
                   KeySpace keys, PassKind kind);

  AsyncResult<TurnBatch> next(std::size_t max_turns) override;

 private:
  /// A session whose pending set is being read.
  struct OpenSession {
    std::string id;
    std::string prefix;
    std::string cursor = "0";
    bool scanned = false;               ///< Its own data are known, and at least one page of members.
    bool finished = false;              ///< No further page.
    bool empty = true;                  ///< No member was seen.
    std::vector<std::int64_t> unread;   ///< Time stamps of members whose messages are still to be read.
    std::vector<std::string> bad_keys;  ///< Members that name no message of this session.
    OwnData own;

    bool has_unread() const { return !unread.empty() || !bad_keys.empty(); }
  };
  /// A member that cannot be a turn.
  struct FaultyMember {
    OpenSession* session;
    std::string key;
    Fault fault;
  };
  /// What one call of next() has gathered.
  struct Gathered {
    TurnBatch batch;
    std::unordered_set<std::string> faulty;                      ///< Members that cannot be turns.
    std::unordered_map<std::string, std::size_t> session_index;  ///< In batch.sessions.
    std::size_t sessions_alone = 0;                              ///< Those without turns.
    std::size_t bytes = 0;

    std::size_t size() const { return batch.turns.size() + batch.dead_letters.size() + sessions_alone; }
  };
  struct MessageRound;

  bool index_done() const { return dirty_done_ && keys_done_; }
  AsyncResult<void> open_sessions();
  AsyncResult<void> read_index();
  AsyncResult<void> read_dirty();
  AsyncResult<void> read_keyspace();
  /// Whether the session is to be visited from here on.
  bool name(std::string_view session_id);

  AsyncResult<void> scan_sessions(std::size_t room, Gathered* gathered);
  static void encode_scan(CommandEncoder& out, const OpenSession& session, std::size_t page);
  /// Returns the replies that are left for other sessions.
  std::span<const Reply> take_scan(OpenSession& session, std::span<const Reply> replies, Gathered& gathered);
  void take_page(OpenSession& session, ReplyView page);
  AsyncResult<void> read_messages(std::size_t room, Gathered* gathered);
  AsyncResult<void> read_histories(MessageRound* round);
  AsyncResult<void> read_hashes(MessageRound* round);
  Result<void> take_messages(std::size_t begin, std::span<const Reply> replies, MessageRound& round);
  AsyncResult<void> look_closer(std::vector<FaultyMember> members, Gathered* gathered);
  /// Adds the turns of the round's next messages up to `end`, as far as histories have them.
  void add_from_histories(MessageRound& round, std::size_t end) const;
  /// Gives the batch's last turn its key, and the batch's session what follows from the turn.
  void complete_last_turn(const OpenSession& session, Gathered& gathered) const;
  Session& session_in(Gathered& gathered, const OpenSession& session) const;
  AsyncResult<void> close_finished();

  RedisConnection& connection_;
  const std::chrono::milliseconds session_ttl_;
  const Clock& clock_;
  const KeySpace keys_;
  const PassKind kind_;

  std::string dirty_cursor_ = "0";
  std::string keys_cursor_ = "0";
  bool dirty_done_ = false;
  bool keys_done_ = kind_ != PassKind::sweep;

  std::vector<std::string> named_;         ///< Not opened yet; the last one is the next.
  std::unordered_set<std::string> known_;  ///< In a sweep, all sessions that were ever named.
  std::deque<OpenSession> open_;
  /// What a page of a pending set held lately, on average.
  std::size_t members_per_session_ = 1;
  /// What a message took lately, on average. At first a cautious guess.
  std::size_t message_bytes_ = 256UL * 1024;
};

}  // namespace chatsync::redis

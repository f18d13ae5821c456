#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "chat/answerer.hpp"
#include "chat/dead_letters.hpp"
#include "chat/ids.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_claims.hpp"
#include "chat/turn_store.hpp"
#include "service/recorded_turn.hpp"
#include "service/turn_request.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::service {

struct ChatRequest {
  std::optional<std::string> session_id;  ///< Absent: the service makes one.
  std::string user_id = "1";
  std::string message;
  Durability durability = Durability::cached;
  // What chat() does not look at: see CompletionService.
  bool stream = false;
  TurnRequest terms;
};

struct ChatReply {
  std::string session_id;
  std::string turn_id;
  std::int64_t question_count = 0;
  std::string answer;
  std::int64_t created_at_us = 0;
  Durability durability = Durability::cached;  ///< As in RecordedTurn.
  bool provisional_count = false;              ///< The same.
  bool replayed = false;                       ///< The turn was recorded for an earlier request.
};

ChatReply reply_of(RecordedTurn recorded);

/// What is known of a turn that is to be recorded beside the turn itself.
struct RecordOptions {
  Durability durability = Durability::cached;
  /// `known_new`: the session was made for this turn, and nobody else knows it.
  SessionPresence presence = SessionPresence::unknown;
  TurnClaims* claims = nullptr;  ///< Set: the turn is recorded if `owner` still has the claim on it.
  std::string owner;
  bool store_only = false;  ///< The store takes the turn, once, and gives what it has already.

  bool may_be_stored_already() const { return claims != nullptr || store_only; }
};

/// The code of the error where the claim on a turn is not its owner's any more.
inline constexpr const char* kClaimLost = "claim_lost";

struct NewSession {
  std::optional<std::string> session_id;
  std::string user_id = "1";
  std::string title;
  bool known_new = false;  ///< The id was made for this session: nobody else knows it.
};

struct SessionList {
  std::vector<Session> sessions;
  bool has_more = false;
  bool partial = false;  ///< The cache could not be asked: what is not synced is missing.
};

struct MessageList {
  std::vector<Turn> turns;  ///< Oldest first.
  bool has_more = false;    ///< Whether the direction of the page goes on.
  bool partial = false;     ///< As in SessionList.
};

struct SessionStats {
  Session session;  ///< `question_count` is the authoritative one.
  std::optional<std::int64_t> question_count_cache;
  std::optional<std::int64_t> question_count_store;
  std::size_t pending = 0;
  std::int64_t synced = 0;  ///< Turns in the store.
  std::size_t history_length = 0;
  std::optional<std::int64_t> last_activity_us;
  bool partial = false;  ///< As in SessionList.
};

/// What was deleted with a user.
struct UserErasure {
  std::size_t sessions = 0;
  std::size_t turns = 0;
};

struct Readiness {
  std::string cache_kind;
  CacheHealth cache;
  std::optional<Error> cache_failure;
  std::string store_kind;
  std::optional<Error> store_failure;
};

struct CacheState {
  bool up = false;       ///< It can take turns.
  bool trusted = false;  ///< See sync::CacheTrust.
};

/// Shared by the services of all I/O threads.
struct ServiceMetrics {
  Counter turns_accepted;
  Counter turns_failed;
  Counter session_loads;  ///< Sessions that were not cached and were looked up in the store.
  DurationHistogram record_duration;
};

/// The use cases a request can ask for. One object an I/O thread; ids and texts in requests are valid (the
/// HTTP layer checks them). The references must outlive the object.
class ChatService {
 public:
  ChatService(TurnCache& cache, TurnStore& store, DeadLetters& letters, Answerer& answerer,
              sync::Synchronizer& synchronizer, const Clock& clock, ServiceMetrics& metrics,
              const IdGenerator& ids);

  /// Answers a question and records the turn. An error with the code `recorded_not_synced` means that the
  /// turn is accepted and pending, but that the commit asked for failed; every other error means that no turn
  /// was accepted, but for `outcome_unknown`.
  AsyncResult<ChatReply> chat(ChatRequest request);

  /// An id for something that is yet to be made.
  std::string new_id() { return ids_.uuid_v7(clock_.now_us()); }

  /// A turn that is about to be answered, with its id (made here if none is given) and the time it was
  /// accepted at, in a session of its own if none is named. Fails if no turns are taken at the moment.
  Result<Turn> begin_turn(std::optional<std::string> session_id, std::string user_id,
                          std::optional<std::string> turn_id = std::nullopt);

  /// The session's last turns, oldest first; none for a session that does not exist yet. `gone` if it was
  /// erased.
  AsyncResult<std::vector<Turn>> latest_turns(std::string session_id) {
    return recent(std::move(session_id));
  }

  /// Records a turn of begin_turn() with its answer, as chat() does and with the same errors.
  AsyncResult<RecordedTurn> record_answered(Turn turn, RecordOptions options = {});

  /// A turn that was recorded, with what it has reached since; waits for the commit if that is wanted.
  AsyncResult<RecordedTurn> as_recorded(Turn turn, Durability wanted);

  AsyncResult<Session> create_session(NewSession request);
  AsyncResult<Session> session(std::string session_id);
  AsyncResult<SessionList> sessions_of(std::string user_id, SessionPage page);
  AsyncResult<MessageList> messages(std::string session_id, TurnPage page);
  /// The session's turn with this id, wherever it is. Nothing also if what the cache alone could tell cannot
  /// be read for the moment.
  AsyncResult<std::optional<Turn>> find_turn(std::string session_id, std::string turn_id);
  /// The same, but found in the store it may be of any session.
  AsyncResult<std::optional<Turn>> find_turn_anywhere(std::string session_id, std::string turn_id);

  AsyncResult<SessionStats> stats(std::string session_id);

  /// Erases a session everywhere. Returns how many turns were deleted.
  AsyncResult<std::size_t> erase_session(std::string session_id);

  /// A user's sessions by ascending id, those after `after`: an order that no activity changes, so that a
  /// walk through the pages meets every session that is there from its beginning to its end.
  AsyncResult<SessionList> sessions_by_id(std::string user_id, std::string after, std::size_t limit);

  /// Turns of a session that the store could not take, with their payloads: by ascending id, those after
  /// `after_id`.
  AsyncResult<std::vector<StoredLetter>> dead_letters_of(std::string session_id, std::int64_t after_id,
                                                         std::size_t limit);

  /// Erases every session of a user, those included that are created meanwhile. After a failure some sessions
  /// are erased and others not; repeating goes on with them.
  AsyncResult<UserErasure> erase_user(std::string user_id);

  /// See sync::Synchronizer::sync_now.
  boost::asio::awaitable<sync::DrainReport> sync_now();

  boost::asio::awaitable<Readiness> readiness();
  boost::asio::awaitable<CacheState> cache_state();

 private:
  struct Recorded {
    std::int64_t question_count = 0;
    std::int64_t timestamp_us = 0;
    std::uint64_t lineage = 0;  ///< Of the cache that has it.
    bool in_store = false;      ///< The store took it in the cache's place.
    bool provisional = false;
  };

  /// A turn on its way, in the frame of the coroutine that waits for it; the steps take it by its address.
  struct Recording {
    Turn turn;
    RecordOptions options;
    Recorded recorded{};
  };
  /// An attempt to record, and the cache that it is made in.
  struct Attempt {
    SteadyTime began;
    bool made = false;  ///< Of the first: whether the turn is one that is given to the cache right away.
    std::uint64_t lineage = 0;
    Result<RecordOutcome> outcome{};

    bool accepted() const { return outcome && !outcome->session_missing; }
    Recorded recorded() const {
      return {.question_count = outcome->question_count,
              .timestamp_us = outcome->timestamp_us,
              .lineage = lineage};
    }
  };

  AsyncResult<ChatReply> answer_and_record(Recording recording);
  /// Answers the turn's question.
  AsyncResult<void> answer(Turn* turn, bool in_new_session);
  /// Whether and where the turn is given to the cache before anything else is asked; the caller does it.
  Attempt first_attempt(const RecordOptions& options);
  /// False: the attempt did not do, or more is asked for than that the cache has the turn; see accept().
  bool accept_plainly(Recording& recording, const Attempt& first);
  /// Gives the turn to the cache, or to the store while the cache is away, unless that is done, and waits for
  /// whatever else is asked of it.
  AsyncResult<void> accept(Recording* recording, Attempt* first);
  void note_outcome(Recording& recording, SteadyTime began, const Result<void>& done);
  AsyncResult<void> wait_for_store(Recording* recording);
  /// All that takes more than one attempt, or another than the plain one. `first`: one that was made, which
  /// it takes; null: none was.
  AsyncResult<void> record_persistently(Recording* recording, Attempt* first);
  AsyncResult<void> record_in_store(Recording* recording);
  static RecordedTurn take_recorded(Recording& recording);
  static ChatReply take_reply(Recording& recording);
  AsyncResult<RecordOutcome> record_claimed(const Turn* turn, SessionPresence presence,
                                            const RecordOptions* options);
  /// Brings the cache up to the store; what record() may presume of the session then.
  AsyncResult<SessionPresence> load_session(std::string session_id);
  bool cache_is_trusted();
  /// The session's latest turns, from the store if the cache cannot tell.
  AsyncResult<std::vector<Turn>> recent(std::string session_id);
  AsyncResult<std::vector<Turn>> recent_in_store(std::string session_id);
  /// Commits a recorded turn to the store without waiting for the next drain, also where the cache has gone
  /// since it took the turn.
  AsyncResult<Recorded> commit(Turn turn, Recorded recorded);
  AsyncResult<std::optional<Turn>> find_cached_turn(std::string session_id, std::string turn_id);
  /// The page of the store and the pending turns together, whether or not there is such a session.
  AsyncResult<MessageList> merged_turns(std::string session_id, TurnPage page);
  /// A session that another program keeps in the cache says nothing of its times: then they are those of its
  /// turns.
  AsyncResult<Session> with_times(Session session);
  /// The tombstone first, then the cache. `accepted`: how many turns the session had. Repeatable.
  AsyncResult<std::size_t> erase_everywhere(std::string session_id, std::int64_t accepted);
  /// Until none is left; `erased` counts along, also where it fails.
  AsyncResult<void> erase_living_sessions(std::string user_id, UserErasure* erased);
  /// Takes what the cache still holds of a user's erased sessions out of it.
  AsyncResult<void> forget_erased_sessions(std::string user_id);
  /// The session without its turns; nothing for unknown and for erased sessions.
  AsyncResult<std::optional<StoredSession>> find_stored(std::string session_id);

  TurnCache& cache_;
  TurnStore& store_;
  DeadLetters& letters_;
  Answerer& answerer_;
  sync::Synchronizer& synchronizer_;
  const Clock& clock_;
  ServiceMetrics& metrics_;
  IdGenerator ids_;
};

}  // namespace chatsync::service

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "chat/session_locks.hpp"
#include "chat/turn_claims.hpp"
#include "service/chat_service.hpp"
#include "service/permit_keeper.hpp"
#include "service/running_answers.hpp"
#include "service/session_queues.hpp"
#include "service/turn_permit.hpp"
#include "service/turn_request.hpp"

namespace chatsync::service {

struct TurnRulesOptions {
  /// Answers are there at once: nobody waits for another turn of the session, and no round trip is spent.
  bool immediate = true;
  std::chrono::milliseconds wait{30'000};  ///< For the turn before, or for the same one at another instance.
};

/// A turn that somebody wants to be answered.
struct TurnWish {
  std::string session_id;
  std::optional<std::string> turn_id;  ///< Absent: that of the key, or one is made.
  TurnRequest request;
  Durability durability = Durability::cached;
  bool reads_along = false;  ///< Wants the answer also while it runs.
};

/// What becomes of the wish; one of these.
struct TurnEntry {
  std::shared_ptr<TurnPermit> permit;    ///< The turn is the caller's to answer, until leave().
  std::shared_ptr<LiveAnswer> running;   ///< The same request is being answered, in this process,
  std::string running_elsewhere;         ///< or at another instance, as a turn of this session,
  std::optional<RecordedTurn> recorded;  ///< or was.
};

/// The rules that hold for turns of every endpoint: a request that is sent again is one turn, and a session
/// answers one question at a time. One object an I/O thread; the references must outlive it, and it
/// finished().
class TurnRules {
 public:
  /// Without `locks` no other instance shares the cache.
  TurnRules(const boost::asio::any_io_executor& executor, ChatService& chat, TurnClaims& claims,
            SessionLocks* locks, SessionQueues& queues, RunningAnswers& running, const Clock& clock,
            TurnRulesOptions options);

  /// Whether a turn is subject to any rule at all.
  bool apply_to(const TurnRequest& request) const { return !options_.immediate || request.key; }

  /// Waits until it is known what becomes of the turn. Errors: `idempotency_key_reused` (422),
  /// `idempotency_in_progress` and `conversation_locked` (409), and those of the cache and the store.
  AsyncResult<TurnEntry> enter(TurnWish wish);

  /// The turn is recorded, or will not be. Returns when others know.
  boost::asio::awaitable<void> leave(std::shared_ptr<TurnPermit> permit);

  /// How to record the turn of a permit.
  RecordOptions options_of(const TurnPermit& permit, RecordOptions options);

  SessionLocks* locks() { return locks_; }

  boost::asio::awaitable<void> finished() { return keeper_.finished(); }

 private:
  /// Claims the turn, or finds out what became of it; neither: it may be asked again, after a while.
  AsyncResult<std::optional<TurnEntry>> claim(const TurnWish* wish, std::shared_ptr<TurnPermit> permit);
  AsyncResult<std::optional<TurnEntry>> find_recorded(const TurnWish* wish);
  AsyncResult<void> take_turn(const TurnWish* wish, std::shared_ptr<TurnPermit> permit, SteadyTime deadline);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds* length, SteadyTime deadline);

  boost::asio::any_io_executor executor_;
  ChatService& chat_;
  TurnClaims& claims_;
  SessionLocks* locks_;
  SessionQueues& queues_;
  RunningAnswers& running_;
  const Clock& clock_;
  const TurnRulesOptions options_;
  PermitKeeper keeper_;
};

}  // namespace chatsync::service

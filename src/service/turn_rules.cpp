// A request with a key is one turn, whatever happens to its instance, its client or the cache:
//
// - Its turn id follows from the key. The store takes each turn id once, for good, so that even two instances
//   that know nothing of each other cannot make two turns of it.
// - Who answers it holds a claim in the cache, and records by a step that looks at the claim and marks it
// done.
//   So of two instances one alone asks the model server, and one that was frozen until its claim was
//   another's records nothing.
// - A claim ends with its lease, if its instance dies. If that was before the turn was recorded, the next one
//   asks; if after, it finds the turn by its id where turns are: history, pending, store. That is looked at
//   with every claim, since a cache may also have come back without its claims.
// - Without the cache nobody can claim. Then the turn goes to the store alone, which answers a second time
// with
//   the turn it has.
//
// A session answers one question at a time. Within the process turns stand in a queue; the first in the queue
// takes the session's lock, at which other instances look again after growing pauses. If the cache is away,
// or an instance was away for longer than its lease, two turns may run side by side, as they did before there
// was a lock: both are recorded.
#include "service/turn_rules.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/log.hpp"
#include "chat/turn_details.hpp"

namespace chatsync::service {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{500};

/// Whether the cache is away: then rules that need it do not hold.
template <class T>
bool is_away(const Result<T>& result) {
  return !result &&
         (result.error().kind == ErrorKind::unavailable || result.error().kind == ErrorKind::outcome_unknown);
}

std::unexpected<Error> key_reused() {
  return std::unexpected(
      Error{.kind = ErrorKind::conflict,
            .message = "the Idempotency-Key belongs to another request: use a key of its own for each",
            .code = "idempotency_key_reused",
            .param = "Idempotency-Key",
            .status = 422});
}

std::unexpected<Error> in_progress() {
  return std::unexpected(
      Error{.kind = ErrorKind::conflict,
            .message = "the request with this Idempotency-Key is still being answered: send it again later",
            .code = "idempotency_in_progress",
            .param = "Idempotency-Key",
            .retry_after_s = 1});
}

std::unexpected<Error> locked(const std::string& session_id) {
  return std::unexpected(Error{.kind = ErrorKind::conflict,
                               .message = "another question of session " + session_id + " is being answered",
                               .code = "conversation_locked",
                               .param = "session_id",
                               .retry_after_s = 1});
}

}  // namespace

TurnRules::TurnRules(const boost::asio::any_io_executor& executor, ChatService& chat, TurnClaims& claims,
                     SessionLocks* locks, SessionQueues& queues, RunningAnswers& running, const Clock& clock,
                     TurnRulesOptions options)
    : executor_(executor),
      chat_(chat),
      claims_(claims),
      locks_(locks),
      queues_(queues),
      running_(running),
      clock_(clock),
      options_(options),
      keeper_(executor, claims, locks, clock) {}

AsyncResult<TurnEntry> TurnRules::enter(TurnWish wish) {
  const SteadyTime deadline = clock_.steady_now() + options_.wait;
  const auto permit = std::make_shared<TurnPermit>();
  permit->session_id = wish.session_id;
  permit->turn_id = wish.turn_id ? *wish.turn_id : chat_.new_id();
  permit->owner = chat_.new_id();
  if (wish.request.key) {
    permit->turn_id = wish.request.key->turn_id;
    permit->request = wish.request.key->digest;
    std::chrono::milliseconds length = kFirstPause;
    for (;;) {
      Result<std::optional<TurnEntry>> entry = co_await claim(&wish, permit);
      if (!entry) co_return failure_of(std::move(entry));
      if (entry->has_value()) co_return std::move(**entry);
      if (permit->claimed || permit->store_only) break;
      if (clock_.steady_now() >= deadline) co_return in_progress();
      co_await pause(&length, deadline);
    }
  }
  if (permit->claimed) keeper_.keep(permit);
  if (!options_.immediate) {
    const Result<void> taken = co_await take_turn(&wish, permit, deadline);
    if (!taken) {
      co_await leave(permit);
      co_return std::unexpected(taken.error());
    }
    keeper_.keep(permit);
  }
  co_return TurnEntry{.permit = permit};
}

AsyncResult<std::optional<TurnEntry>> TurnRules::claim(const TurnWish* wish,
                                                       std::shared_ptr<TurnPermit> permit) {
  const RequestKey& key = *wish->request.key;
  const Result<ClaimState> state = co_await claims_.claim({.turn_id = key.turn_id,
                                                           .session_id = permit->session_id,
                                                           .request = key.digest,
                                                           .owner = permit->owner},
                                                          kLease);
  if (!state && !is_away(state)) co_return std::unexpected(state.error());
  if (state && *state == ClaimState::other_request) co_return key_reused();
  if (state && *state == ClaimState::running) {
    TurnEntry entry{.running = wish->reads_along ? running_.find(key.turn_id) : nullptr};
    if (entry.running) co_return entry;
    if (wish->reads_along && locks_ != nullptr) {
      const Result<bool> told = co_await locks_->signal(wish->session_id, key.turn_id, Signal::publish);
      if (told && *told) co_return TurnEntry{.running_elsewhere = wish->session_id};
    }
    co_return std::nullopt;
  }
  Result<std::optional<TurnEntry>> found = co_await find_recorded(wish);
  const bool done = state && *state == ClaimState::done;
  if (done && found && !found->has_value()) {
    co_return fail(ErrorKind::gone, "turn " + key.turn_id + " of this Idempotency-Key is deleted",
                   "turn_gone");
  }
  if (done) co_return found;
  permit->claimed = state && *state == ClaimState::granted;
  permit->store_only = !permit->claimed;
  // Where the store cannot be asked, what the cache says must do, if that can be asked.
  if (!found && !(permit->claimed && is_away(found))) {
    if (permit->claimed) co_await leave(permit);
    co_return found;
  }
  if (!found) co_return std::nullopt;
  if (found->has_value() && permit->claimed) co_await leave(permit);
  co_return found;
}

AsyncResult<std::optional<TurnEntry>> TurnRules::find_recorded(const TurnWish* wish) {
  const RequestKey& key = *wish->request.key;
  Result<std::optional<Turn>> found = co_await chat_.find_turn_anywhere(wish->session_id, key.turn_id);
  if (!found) co_return failure_of(std::move(found));
  if (!found->has_value()) co_return std::nullopt;
  const std::string request = request_in_details((*found)->details);
  if ((*found)->session_id != wish->session_id || (!request.empty() && request != key.digest)) {
    co_return key_reused();
  }
  Result<RecordedTurn> recorded = co_await chat_.as_recorded(std::move(**found), wish->durability);
  if (!recorded) co_return failure_of(std::move(recorded));
  co_return TurnEntry{.recorded = std::move(*recorded)};
}

AsyncResult<void> TurnRules::take_turn(const TurnWish* wish, std::shared_ptr<TurnPermit> permit,
                                       SteadyTime deadline) {
  if (wish->request.on_busy == OnBusy::reject) deadline = clock_.steady_now();
  permit->place = co_await queues_.enter(permit->session_id, deadline);
  if (!permit->place) co_return locked(permit->session_id);
  if (locks_ == nullptr) co_return Result<void>();
  std::chrono::milliseconds length = kFirstPause;
  for (;;) {
    const Result<bool> taken = co_await locks_->lock(
        {.session_id = permit->session_id, .turn_id = permit->turn_id, .owner = permit->owner}, kLease);
    if (!taken) {
      log_debug("session {} is not locked: {}", permit->session_id, taken.error().message);
      co_return Result<void>();
    }
    permit->locked = *taken;
    if (permit->locked) co_return Result<void>();
    if (clock_.steady_now() >= deadline) co_return locked(permit->session_id);
    co_await pause(&length, deadline);
  }
}

boost::asio::awaitable<void> TurnRules::pause(std::chrono::milliseconds* length, SteadyTime deadline) {
  const std::unique_ptr<Alarm> alarm = clock_.make_alarm(executor_);
  co_await alarm->wait_until(std::min(clock_.steady_now() + *length, deadline));
  *length = std::min(*length * 2, kLongestPause);
}

boost::asio::awaitable<void> TurnRules::leave(std::shared_ptr<TurnPermit> permit) {
  keeper_.let_go(permit);
  if (std::exchange(permit->locked, false)) {
    const Result<void> unlocked = co_await locks_->unlock(permit->session_id, permit->owner);
    if (!unlocked) log_debug("session {} stays locked: {}", permit->session_id, unlocked.error().message);
  }
  permit->place.reset();
  if (std::exchange(permit->claimed, false)) {
    const Result<void> released = co_await claims_.release(permit->turn_id, permit->owner);
    if (!released) log_debug("turn {} stays claimed: {}", permit->turn_id, released.error().message);
  }
}

RecordOptions TurnRules::options_of(const TurnPermit& permit, RecordOptions options) {
  options.claims = permit.claimed ? &claims_ : nullptr;
  options.owner = permit.owner;
  options.store_only = permit.store_only;
  return options;
}

}  // namespace chatsync::service

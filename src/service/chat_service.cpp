#include "service/chat_service.hpp"

#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "chat/session_errors.hpp"
#include "chat/turn_details.hpp"
#include "sync/load_session.hpp"

namespace chatsync::service {
namespace {

Error recorded_not_synced(const std::string& turn_id, const Error& cause) {
  return {.kind = ErrorKind::unavailable,
          .message = "turn " + turn_id +
                     " is recorded and will be synced, but its commit to the store failed for the moment: " +
                     cause.message,
          .code = "recorded_not_synced"};
}

/// Tells a histogram how long the scope that it stands in took.
class ObservedDuration {
 public:
  ObservedDuration(const Clock& clock, DurationHistogram& histogram)
      : clock_(clock), histogram_(histogram), begin_(clock.steady_now()) {}
  ObservedDuration(const ObservedDuration&) = delete;
  ObservedDuration& operator=(const ObservedDuration&) = delete;
  ~ObservedDuration() {
    const auto duration = clock_.steady_now() - begin_;
    histogram_.observe_us(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  }

 private:
  const Clock& clock_;
  DurationHistogram& histogram_;
  SteadyTime begin_;
};

}  // namespace

ChatReply reply_of(RecordedTurn recorded) {
  Turn& turn = recorded.turn;
  return {.session_id = std::move(turn.session_id),
          .turn_id = std::move(turn.turn_id),
          .question_count = turn.seq.value_or(0),
          .answer = std::move(turn.answer),
          .created_at_us = turn.timestamp_us,
          .durability = recorded.durability,
          .provisional_count = recorded.provisional_count};
}

ChatService::ChatService(TurnCache& cache, TurnStore& store, DeadLetters& letters, Answerer& answerer,
                         sync::Synchronizer& synchronizer, const Clock& clock, ServiceMetrics& metrics,
                         const IdGenerator& ids)
    : cache_(cache),
      store_(store),
      letters_(letters),
      answerer_(answerer),
      synchronizer_(synchronizer),
      clock_(clock),
      metrics_(metrics),
      ids_(ids) {}

AsyncResult<ChatReply> ChatService::chat(ChatRequest request) {
  const bool made_here = !request.session_id.has_value();
  Result<Turn> begun = begin_turn(std::move(request.session_id), std::move(request.user_id));
  if (!begun) co_return failure_of(std::move(begun));
  Turn& turn = *begun;

  Question question{.session_id = turn.session_id, .user_id = turn.user_id, .text = request.message};
  if (answerer_.wants_history() && !made_here) {
    Result<std::vector<Turn>> history = co_await recent(turn.session_id);
    if (!history) co_return failure_of(std::move(history));
    question.history = std::move(*history);
  }
  Result<Answer> answer = co_await answerer_.answer(std::move(question));
  if (!answer) co_return failure_of(std::move(answer));
  if (!answer->finish_reason.empty()) {
    const std::chrono::microseconds latency(clock_.now_us() - turn.timestamp_us);
    turn.details = turn_details(*answer, {}, std::chrono::duration_cast<std::chrono::milliseconds>(latency));
  }
  turn.question = std::move(request.message);
  turn.answer = std::move(answer->text);
  turn.model = std::move(answer->model);
  Result<RecordedTurn> recorded = co_await record_answered(
      std::move(turn), {.durability = request.durability,
                        .presence = made_here ? SessionPresence::known_new : SessionPresence::unknown});
  if (!recorded) co_return failure_of(std::move(recorded));
  co_return reply_of(std::move(*recorded));
}

Result<Turn> ChatService::begin_turn(std::optional<std::string> session_id, std::string user_id,
                                     std::optional<std::string> turn_id) {
  Turn turn;
  turn.timestamp_us = clock_.now_us();
  if (std::optional<Error> full = synchronizer_.backlog().refusal(turn.timestamp_us)) {
    metrics_.turns_failed.add();
    return std::unexpected(std::move(*full));
  }
  turn.session_id = session_id ? std::move(*session_id) : ids_.uuid_v7(turn.timestamp_us);
  turn.turn_id = turn_id ? std::move(*turn_id) : ids_.uuid_v7(turn.timestamp_us);
  turn.user_id = std::move(user_id);
  return turn;
}

AsyncResult<RecordedTurn> ChatService::record_answered(Turn turn, RecordOptions options) {
  Result<Recorded> recorded = co_await record(&turn, &options);
  if (!recorded) {
    metrics_.turns_failed.add();
    co_return std::unexpected(recorded.error());
  }
  metrics_.turns_accepted.add();
  turn.timestamp_us = recorded->timestamp_us;
  turn.seq = recorded->question_count;

  if (!recorded->in_store) {
    synchronizer_.note_accepted(bytes_of(turn), turn.timestamp_us);
    if (options.durability == Durability::synced &&
        !fault::planted(fault::PlantedBug::synced_reply_before_commit)) {
      Result<Recorded> committed = co_await commit(turn, *recorded);
      if (!committed) co_return std::unexpected(recorded_not_synced(turn.turn_id, committed.error()));
      recorded = std::move(committed);
    }
  }
  if (recorded->in_store && options.may_be_stored_already()) {
    // Somebody else may have been first, with another answer.
    Result<std::optional<Turn>> stored = co_await store_.find_turn(turn.turn_id);
    if (stored && stored->has_value()) turn = std::move(**stored);
  }
  co_return RecordedTurn{.turn = std::move(turn),
                         .durability = recorded->in_store ? Durability::synced : options.durability,
                         .provisional_count = recorded->provisional};
}

AsyncResult<RecordedTurn> ChatService::as_recorded(Turn turn, Durability wanted) {
  if (wanted == Durability::cached) co_return RecordedTurn{.turn = std::move(turn)};
  const Result<std::optional<Turn>> stored = co_await store_.find_turn(turn.turn_id);
  if (!stored || !stored->has_value()) {
    const Recorded pending{.question_count = turn.seq.value_or(0),
                           .timestamp_us = turn.timestamp_us,
                           .lineage = cache_.lineage()};
    const Result<Recorded> committed = co_await commit(turn, pending);
    if (!committed) co_return std::unexpected(recorded_not_synced(turn.turn_id, committed.error()));
  }
  co_return RecordedTurn{.turn = std::move(turn), .durability = Durability::synced};
}

AsyncResult<RecordOutcome> ChatService::record_claimed(const Turn* turn, SessionPresence presence,
                                                       const RecordOptions* options) {
  Result<ClaimedOutcome> outcome = co_await options->claims->record(*turn, presence, options->owner);
  if (!outcome) co_return failure_of(std::move(outcome));
  if (outcome->lost) {
    co_return fail(ErrorKind::conflict, "turn " + turn->turn_id + " was taken over by another instance",
                   kClaimLost);
  }
  co_return outcome->recorded;
}

AsyncResult<ChatService::Recorded> ChatService::record(const Turn* turn, const RecordOptions* options) {
  const ObservedDuration observed(clock_, metrics_.record_duration);
  SessionPresence presence = options->presence;
  if (options->store_only) co_return co_await record_in_store(*turn, presence);
  // Between loading and recording, another eviction may take the session away again, and a restart of the
  // cache may make it another one; a cache that keeps forgetting what it was told cannot serve.
  constexpr int kAttempts = 4;
  const SessionPresence given = presence;
  const bool made_here = given == SessionPresence::known_new;
  bool load = !made_here && !cache_is_trusted();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint64_t lineage = cache_.lineage();
    Result<RecordOutcome> outcome;
    if (load) {
      Result<SessionPresence> loaded = co_await load_session(turn->session_id);
      if (loaded) {
        presence = *loaded;
      } else {
        outcome = failure_of(std::move(loaded));
      }
    }
    // What was brought into one memory of the cache says nothing of the next.
    if (load && outcome && cache_.lineage() != lineage) continue;
    fault::point("service.before_record");
    if (outcome && options->claims != nullptr) {
      outcome = co_await record_claimed(turn, presence, options);
    } else if (outcome) {
      outcome = co_await cache_.record(*turn, presence);
    }
    fault::point("service.recorded");
    if (!outcome && outcome.error().kind == ErrorKind::outcome_unknown &&
        fault::planted(fault::PlantedBug::retry_with_new_id)) {
      Turn again = *turn;
      again.turn_id = ids_.uuid_v7(turn->timestamp_us);
      outcome = co_await cache_.record(std::move(again), presence);
    }
    if (outcome && !outcome->session_missing) {
      co_return Recorded{.question_count = outcome->question_count,
                         .timestamp_us = outcome->timestamp_us,
                         .lineage = lineage};
    }
    const bool replaced =
        !outcome && outcome.error().kind == ErrorKind::unavailable && cache_.lineage() != lineage;
    if (!outcome && !replaced) {
      const Error& failure = outcome.error();
      const bool store_may_take_it =
          failure.kind == ErrorKind::unavailable && failure.code != sync::kStoreNotAsked;
      if (store_may_take_it) co_return co_await record_in_store(*turn, given);
      co_return failure_of(std::move(outcome));
    }
    load = outcome.has_value() || !made_here;
  }
  co_return fail(ErrorKind::overloaded,
                 "the cache keeps losing session " + turn->session_id +
                     " while it is loaded from the store: check its memory limit",
                 "cache_forgets");
}

AsyncResult<ChatService::Recorded> ChatService::record_in_store(Turn turn, SessionPresence presence) {
  Result<AppendOutcome> appended = co_await synchronizer_.append(
      {.turn = std::move(turn), .known_new = presence == SessionPresence::known_new});
  if (!appended) co_return failure_of(std::move(appended));
  co_return Recorded{.question_count = appended->question_count,
                     .timestamp_us = appended->timestamp_us,
                     .in_store = true,
                     .provisional = appended->provisional};
}

bool ChatService::cache_is_trusted() {
  if (fault::planted(fault::PlantedBug::trust_cache_after_outage)) return true;
  if (synchronizer_.trust().trusts(cache_.lineage())) return true;
  synchronizer_.want_trust();
  return false;
}

AsyncResult<SessionPresence> ChatService::load_session(std::string session_id) {
  metrics_.session_loads.add();
  if (!cache_is_trusted()) {
    Result<void> admitted = co_await sync::admit_cache(&cache_, &store_);
    if (!admitted) co_return failure_of(std::move(admitted));
  }
  std::size_t settled = 0;
  Result<sync::LoadedAs> loaded = co_await sync::load_session(&cache_, &store_, session_id, &settled);
  if (!loaded) co_return failure_of(std::move(loaded));
  if (*loaded == sync::LoadedAs::erased) co_return session_deleted(session_id);
  // A stored session without turns is as good as new to record(), which starts its count from nothing.
  co_return *loaded == sync::LoadedAs::counted ? SessionPresence::unknown : SessionPresence::known_new;
}

AsyncResult<std::vector<Turn>> ChatService::recent(std::string session_id) {
  Result<std::optional<CachedSession>> cached = co_await cache_.find(session_id);
  if (cached && (!cached->has_value() || !cache_is_trusted())) {
    Result<SessionPresence> loaded = co_await load_session(session_id);
    if (!loaded) co_return failure_of(std::move(loaded));
  }
  Result<std::vector<Turn>> history = co_await cache_.history(session_id);
  if (!history && history.error().kind == ErrorKind::unavailable)
    co_return co_await recent_in_store(std::move(session_id));
  co_return history;
}

AsyncResult<std::vector<Turn>> ChatService::recent_in_store(std::string session_id) {
  Result<std::optional<StoredSession>> stored = co_await store_.load(session_id, kHistoryTurns);
  if (!stored) co_return failure_of(std::move(stored));
  if (!stored->has_value()) co_return std::vector<Turn>();
  if ((*stored)->deleted) co_return session_deleted(session_id);
  co_return sync::newest_turns(**stored);
}

AsyncResult<ChatService::Recorded> ChatService::commit(Turn turn, Recorded recorded) {
  Session session{.session_id = turn.session_id, .user_id = turn.user_id, .created_at_us = turn.timestamp_us};
  // The session as the cache has it: its owner and title need not be those of this turn's writer. A cache
  // that has gone meanwhile may come back without the turn, which is stored all the same as it was recorded.
  Result<std::optional<CachedSession>> cached = co_await cache_.find(turn.session_id);
  if (!cached && cached.error().kind != ErrorKind::unavailable &&
      cached.error().kind != ErrorKind::outcome_unknown) {
    co_return failure_of(std::move(cached));
  }
  if (cached && cached->has_value()) session = std::move((*cached)->session);
  std::string key = cache_.pending_key(turn.session_id, turn.timestamp_us);
  Result<sync::CommitOutcome> committed = co_await synchronizer_.commit(
      {.turn = std::move(turn), .key = std::move(key)}, std::move(session), recorded.lineage);
  if (!committed) co_return failure_of(std::move(committed));
  recorded.provisional = committed->renumbered;
  co_return recorded;
}

boost::asio::awaitable<sync::DrainReport> ChatService::sync_now() { return synchronizer_.sync_now(); }

boost::asio::awaitable<CacheState> ChatService::cache_state() {
  const Result<CacheHealth> health = co_await cache_.health();
  co_return CacheState{.up = health.has_value(), .trusted = synchronizer_.trust().trusts(cache_.lineage())};
}

boost::asio::awaitable<Readiness> ChatService::readiness() {
  Readiness readiness{.cache_kind = cache_.kind(), .store_kind = store_.kind()};
  Result<CacheHealth> cache = co_await cache_.health();
  if (cache) {
    readiness.cache = std::move(*cache);
  } else {
    readiness.cache_failure = std::move(cache).error();
  }
  Result<void> store = co_await store_.ping();
  if (!store) readiness.store_failure = std::move(store).error();
  co_return readiness;
}

}  // namespace chatsync::service

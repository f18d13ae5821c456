#include "service/chat_service.hpp"

#include <algorithm>
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
  Result<Turn> turn = begin_turn(std::move(request.session_id), std::move(request.user_id));
  if (!turn) return failed<ChatReply>(std::move(turn).error());
  turn->question = std::move(request.message);
  return answer_and_record(
      {.turn = std::move(*turn),
       .options = {.durability = request.durability,
                   .presence = made_here ? SessionPresence::known_new : SessionPresence::unknown}});
}

// This and record_answered() are the frames that wait while a turn is recorded. What few turns need is in
// others: those of all turns under way should fit into a cache of the processor.
AsyncResult<ChatReply> ChatService::answer_and_record(Recording recording) {
  const bool in_new_session = recording.options.presence == SessionPresence::known_new;
  if (Result<void> answered = co_await answer(&recording.turn, in_new_session); !answered) {
    co_return failure_of(std::move(answered));
  }
  Attempt first = first_attempt(recording.options);
  if (first.made) first.outcome = co_await cache_.record(&recording.turn, recording.options.presence);
  if (!accept_plainly(recording, first)) {
    Result<void> accepted = co_await accept(&recording, &first);
    if (!accepted) co_return failure_of(std::move(accepted));
  }
  co_return take_reply(recording);
}

AsyncResult<void> ChatService::answer(Turn* turn, bool in_new_session) {
  Question question{.session_id = turn->session_id, .user_id = turn->user_id, .text = turn->question};
  if (answerer_.wants_history() && !in_new_session) {
    Result<std::vector<Turn>> history = co_await recent(turn->session_id);
    if (!history) co_return failure_of(std::move(history));
    question.history = std::move(*history);
  }
  Result<Answer> answer = co_await answerer_.answer(std::move(question));
  if (!answer) co_return failure_of(std::move(answer));
  if (!answer->finish_reason.empty()) {
    const std::chrono::microseconds latency(clock_.now_us() - turn->timestamp_us);
    turn->details = turn_details(*answer, {}, std::chrono::duration_cast<std::chrono::milliseconds>(latency));
  }
  turn->answer = std::move(answer->text);
  turn->model = std::move(answer->model);
  co_return Result<void>();
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
  Recording recording{.turn = std::move(turn), .options = std::move(options)};
  Attempt first = first_attempt(recording.options);
  if (first.made) first.outcome = co_await cache_.record(&recording.turn, recording.options.presence);
  if (!accept_plainly(recording, first)) {
    Result<void> accepted = co_await accept(&recording, &first);
    if (!accepted) co_return failure_of(std::move(accepted));
  }
  co_return take_recorded(recording);
}

RecordedTurn ChatService::take_recorded(Recording& recording) {
  const Recorded& recorded = recording.recorded;
  return {.turn = std::move(recording.turn),
          .durability = recorded.in_store ? Durability::synced : recording.options.durability,
          .provisional_count = recorded.provisional};
}

ChatReply ChatService::take_reply(Recording& recording) { return reply_of(take_recorded(recording)); }

ChatService::Attempt ChatService::first_attempt(const RecordOptions& options) {
  const bool plain = !options.store_only && options.claims == nullptr &&
                     (options.presence == SessionPresence::known_new || cache_is_trusted());
  if (plain) fault::point("service.before_record");
  return {.began = clock_.steady_now(), .made = plain, .lineage = cache_.lineage()};
}

bool ChatService::accept_plainly(Recording& recording, const Attempt& first) {
  if (first.made) fault::point("service.recorded");
  if (!first.made || !first.accepted()) return false;
  recording.recorded = first.recorded();
  note_outcome(recording, first.began, {});
  return recording.options.durability != Durability::synced;
}

AsyncResult<void> ChatService::accept(Recording* recording, Attempt* first) {
  const RecordOptions& options = recording->options;
  if (!first->made || !first->accepted()) {
    const SteadyTime began = first->began;
    Result<void> done = co_await record_persistently(recording, first->made ? first : nullptr);
    note_outcome(*recording, began, done);
    if (!done) co_return done;
  }
  const bool asked_for_more = recording->recorded.in_store ? options.may_be_stored_already()
                                                           : options.durability == Durability::synced;
  if (!asked_for_more) co_return Result<void>();
  co_return co_await wait_for_store(recording);
}

void ChatService::note_outcome(Recording& recording, SteadyTime began, const Result<void>& done) {
  const auto duration = clock_.steady_now() - began;
  metrics_.record_duration.observe_us(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  if (!done) return metrics_.turns_failed.add();
  metrics_.turns_accepted.add();
  const Recorded& recorded = recording.recorded;
  Turn& turn = recording.turn;
  turn.timestamp_us = recorded.timestamp_us;
  turn.seq = recorded.question_count;
  if (!recorded.in_store) synchronizer_.note_accepted(bytes_of(turn), turn.timestamp_us);
}

AsyncResult<void> ChatService::wait_for_store(Recording* recording) {
  Turn& turn = recording->turn;
  if (!recording->recorded.in_store && !fault::planted(fault::PlantedBug::synced_reply_before_commit)) {
    const Result<Recorded> committed = co_await commit(turn, recording->recorded);
    if (!committed) co_return std::unexpected(recorded_not_synced(turn.turn_id, committed.error()));
    recording->recorded = *committed;
  }
  if (recording->recorded.in_store) {
    // Somebody else may have been first, with another answer.
    Result<std::optional<Turn>> stored = co_await store_.find_turn(turn.turn_id);
    if (stored && stored->has_value()) turn = std::move(**stored);
  }
  co_return Result<void>();
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

AsyncResult<void> ChatService::record_persistently(Recording* recording, Attempt* first) {
  const Turn& turn = recording->turn;
  const RecordOptions& options = recording->options;
  if (options.store_only) co_return co_await record_in_store(recording);
  // Between loading and recording, another eviction may take the session away again, and a restart of the
  // cache may make it another one; a cache that keeps forgetting what it was told cannot serve.
  constexpr int kAttempts = 4;
  SessionPresence presence = options.presence;
  const bool made_here = presence == SessionPresence::known_new;
  bool load = first == nullptr && !made_here && !cache_is_trusted();
  for (int number = 0; number < kAttempts; ++number) {
    Attempt attempt{.lineage = cache_.lineage()};
    if (first != nullptr) {
      attempt = std::move(*std::exchange(first, nullptr));
    } else {
      if (load) {
        Result<SessionPresence> loaded = co_await load_session(turn.session_id);
        if (loaded) {
          presence = *loaded;
        } else {
          attempt.outcome = failure_of(std::move(loaded));
        }
      }
      // What was brought into one memory of the cache says nothing of the next.
      if (load && attempt.outcome && cache_.lineage() != attempt.lineage) continue;
      fault::point("service.before_record");
      if (attempt.outcome && options.claims != nullptr) {
        attempt.outcome = co_await record_claimed(&turn, presence, &options);
      } else if (attempt.outcome) {
        attempt.outcome = co_await cache_.record(&turn, presence);
      }
      fault::point("service.recorded");
    }
    Result<RecordOutcome>& outcome = attempt.outcome;
    if (!outcome && outcome.error().kind == ErrorKind::outcome_unknown &&
        fault::planted(fault::PlantedBug::retry_with_new_id)) {
      Turn again = turn;
      again.turn_id = ids_.uuid_v7(turn.timestamp_us);
      outcome = co_await cache_.record(&again, presence);
    }
    if (attempt.accepted()) {
      recording->recorded = attempt.recorded();
      co_return Result<void>();
    }
    const bool replaced =
        !outcome && outcome.error().kind == ErrorKind::unavailable && cache_.lineage() != attempt.lineage;
    if (!outcome && !replaced) {
      const Error& failure = outcome.error();
      const bool store_may_take_it =
          failure.kind == ErrorKind::unavailable && failure.code != sync::kStoreNotAsked;
      if (store_may_take_it) co_return co_await record_in_store(recording);
      co_return failure_of(std::move(outcome));
    }
    load = outcome.has_value() || !made_here;
  }
  co_return fail(ErrorKind::overloaded,
                 "the cache keeps losing session " + turn.session_id +
                     " while it is loaded from the store: check its memory limit",
                 "cache_forgets");
}

AsyncResult<void> ChatService::record_in_store(Recording* recording) {
  Result<AppendOutcome> appended = co_await synchronizer_.append(
      {.turn = recording->turn, .known_new = recording->options.presence == SessionPresence::known_new});
  if (!appended) co_return failure_of(std::move(appended));
  recording->recorded = {.question_count = appended->question_count,
                         .timestamp_us = appended->timestamp_us,
                         .in_store = true,
                         .provisional = appended->provisional};
  co_return Result<void>();
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
  // The session as the cache has it: its owner and title need not be those of this turn's writer. A cache
  // that has gone meanwhile may come back without the turn, which is stored all the same as it was recorded.
  Result<Session> cached = co_await cache_.own_data(turn.session_id);
  if (!cached && cached.error().kind != ErrorKind::unavailable &&
      cached.error().kind != ErrorKind::outcome_unknown) {
    co_return failure_of(std::move(cached));
  }
  Session session = cached ? std::move(*cached) : Session{.session_id = turn.session_id};
  if (session.user_id.empty()) session.user_id = turn.user_id;
  if (session.created_at_us == 0) session.created_at_us = turn.timestamp_us;
  session.updated_at_us = std::max(session.updated_at_us, turn.timestamp_us);
  session.question_count = turn.seq.value_or(0);
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

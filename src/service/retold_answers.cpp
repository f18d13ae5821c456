// An answer that somebody asks for a second time is told after the first: what is read of the one that runs,
// what another instance publishes of its, or the turn that was recorded, is written into a LiveAnswer of the
// second one's own, as text and as chunks, so that to its reader it is an answer like any other. What tells
// it holds it weakly, and stops when its reader has gone.
//
// Where the turn is recorded, its text is what counts: whatever of it was not read before comes at the end.
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "chat/turn_completion.hpp"
#include "service/completion_service.hpp"

namespace chatsync::service {
namespace {

constexpr std::chrono::milliseconds kPublishPause{100};
constexpr std::chrono::seconds kReadPatience{5};

void tell(LiveAnswer& live, std::string chunk) {
  if (chunk.empty()) return;
  [[maybe_unused]] const auto assembled = live.assemble(chunk);
  live.push(std::move(chunk));
}

/// What was not told yet of a turn that is recorded, and its end.
void tell_end(LiveAnswer& live, RecordedTurn recorded, bool wants_usage) {
  const Turn& turn = recorded.turn;
  const std::size_t told = live.assembled().text().size();
  if (turn.answer.size() > told) tell(live, text_chunk(turn, std::string_view(turn.answer).substr(told)));
  std::optional<Error> failure;
  if (turn.status == TurnStatus::incomplete) {
    failure = answer_incomplete();
  } else {
    tell(live, last_chunk(turn));
    if (wants_usage) tell(live, usage_chunk(turn));
  }
  live.end(std::move(recorded), std::move(failure));
}

}  // namespace

std::shared_ptr<LiveAnswer> CompletionService::retell_recorded(RecordedTurn turn, Reading reading,
                                                               bool wants_usage) {
  auto live = std::make_shared<LiveAnswer>(
      executor_, clock_, TurnName{.session_id = turn.turn.session_id, .turn_id = turn.turn.turn_id}, reading);
  live->set_replayed();
  tell_end(*live, std::move(turn), wants_usage);
  return live;
}

std::shared_ptr<LiveAnswer> CompletionService::retell(std::shared_ptr<LiveAnswer> source, Reading reading,
                                                      bool wants_usage) {
  auto live = std::make_shared<LiveAnswer>(executor_, clock_, source->turn_name(), reading);
  streams_.spawn("retold answer", retell_running(live, std::move(source), wants_usage));
  return live;
}

boost::asio::awaitable<void> CompletionService::retell_running(std::weak_ptr<LiveAnswer> live,
                                                               std::shared_ptr<LiveAnswer> source,
                                                               bool wants_usage) {
  const Turn turn{.turn_id = source->turn_name().turn_id, .timestamp_us = clock_.now_us()};
  LiveAnswer::Place place;
  for (;;) {
    LiveAnswer::Piece piece = co_await LiveAnswer::read(source, place, clock_.steady_now() + kReadPatience);
    const auto told = live.lock();
    if (!told) co_return;
    place = piece.place;
    if (piece.ended && piece.turn && !piece.failure) {
      co_return tell_end(*told, std::move(*piece.turn), wants_usage);
    }
    if (!piece.text.empty()) tell(*told, text_chunk(turn, piece.text));
    if (piece.ended) co_return told->end(std::move(piece.turn), std::move(piece.failure));
  }
}

std::shared_ptr<LiveAnswer> CompletionService::retell_from_elsewhere(TurnName turn, Reading reading,
                                                                     bool wants_usage) {
  auto live = std::make_shared<LiveAnswer>(executor_, clock_, turn, reading);
  streams_.spawn("retold answer", retell_published(live, std::move(turn), wants_usage));
  return live;
}

boost::asio::awaitable<void> CompletionService::retell_published(std::weak_ptr<LiveAnswer> live,
                                                                 TurnName name, bool wants_usage) {
  const Turn turn{.turn_id = name.turn_id, .timestamp_us = clock_.now_us()};
  const std::unique_ptr<Alarm> pause = clock_.make_alarm(executor_);
  std::size_t offset = 0;
  for (;;) {
    const Result<PublishedAnswer> published =
        co_await options_.rules->locks()->published(name.session_id, name.turn_id, offset);
    if (const auto told = live.lock()) {
      if (!published) co_return told->end(std::nullopt, published.error());
      offset += published->text.size();
      if (!published->text.empty()) tell(*told, text_chunk(turn, published->text));
    } else {
      co_return;
    }
    if (!published->running) break;
    co_await pause->wait_until(clock_.steady_now() + kPublishPause);
  }
  Result<std::optional<Turn>> found = co_await chat_.find_turn(name.session_id, name.turn_id);
  const auto told = live.lock();
  if (!told) co_return;
  if (found && found->has_value()) co_return tell_end(*told, {.turn = std::move(**found)}, wants_usage);
  told->end(std::nullopt, found ? Error{.kind = ErrorKind::model_failed,
                                        .message = "the answer broke off at the instance that gave it",
                                        .code = "model_broke_off"}
                                : found.error());
}

boost::asio::awaitable<void> CompletionService::publish(std::shared_ptr<LiveAnswer> live) {
  const std::unique_ptr<Alarm> pause = clock_.make_alarm(executor_);
  LiveAnswer::Place place;
  for (;;) {
    const std::size_t offset = place.text;
    LiveAnswer::Piece piece = co_await LiveAnswer::read(live, place, clock_.steady_now() + kReadPatience);
    // The rest is in the recorded turn.
    if (piece.ended) co_return;
    place = piece.place;
    // Also where there is nothing new: what was published before must not be forgotten meanwhile.
    const Result<void> published =
        co_await options_.rules->locks()->publish(live->turn_name().turn_id, offset, std::move(piece.text));
    if (!published) {
      log_debug("turn {} is not published: {}", live->turn_name().turn_id, published.error().message);
      place.text = offset;
    }
    co_await pause->wait_until(clock_.steady_now() + kPublishPause);
  }
}

AsyncResult<std::shared_ptr<LiveAnswer>> CompletionService::resume(std::string session_id,
                                                                   std::string turn_id) {
  auto running = running_.find(turn_id);
  if (running && running->turn_name().session_id == session_id) co_return running;
  Result<std::optional<Turn>> found = co_await chat_.find_turn(session_id, turn_id);
  if (!found) co_return failure_of(std::move(found));
  if (found->has_value()) co_return retell_recorded({.turn = std::move(**found)}, Reading::text, false);
  SessionLocks* const locks = options_.rules != nullptr ? options_.rules->locks() : nullptr;
  if (locks != nullptr) {
    const Result<bool> told = co_await locks->signal(session_id, turn_id, Signal::publish);
    if (told && *told) {
      co_return retell_from_elsewhere({.session_id = session_id, .turn_id = turn_id}, Reading::text, false);
    }
    // It may have ended in between.
    found = co_await chat_.find_turn(session_id, turn_id);
    if (found && found->has_value()) {
      co_return retell_recorded({.turn = std::move(**found)}, Reading::text, false);
    }
  }
  co_return fail(ErrorKind::not_found, "session " + session_id + " has no turn " + turn_id, "turn_not_found",
                 "turn_id");
}

}  // namespace chatsync::service

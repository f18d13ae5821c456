#pragma once

#include <chrono>
#include <string>

#include "test_cache/client_log.hpp"
#include "test_cache/questions.hpp"

namespace chatsync::test_cache {

/// Session "s" as a sound server would hold it: turn n is "t<n>". The checks must find nothing wrong
/// in it; each test breaks one thing.
inline Acknowledged acknowledged_turn(std::int64_t client, std::int64_t message, std::int64_t count) {
  return {.message = message,
          .question = question_text(client, message),
          .reply = {.session_id = "s",
                    .turn_id = "t" + std::to_string(count),
                    .question_count = count,
                    .answer = "answer " + std::to_string(count)}};
}

inline HistoryTurn history_turn(const Acknowledged& turn) {
  return {.turn_id = turn.reply.turn_id,
          .seq = turn.reply.question_count,
          .question = turn.question,
          .answer = turn.reply.answer};
}

inline SessionStats sound_stats(std::int64_t count) {
  SessionStats stats;
  stats.session_id = "s";
  stats.question_count = count;
  stats.synced = count;
  return stats;
}

/// One client that sent `messages` questions to a session that had none.
inline SessionRun sound_run(std::int64_t messages) {
  SessionRun run{.session_id = "s"};
  ClientLog log{.client = 1, .sent = messages};
  run.after.history.emplace();
  for (std::int64_t message = 1; message <= messages; ++message) {
    log.acknowledged.push_back(acknowledged_turn(1, message, message));
    log.latencies.emplace_back(message);
    run.after.history->push_back(history_turn(log.acknowledged.back()));
    if (run.after.history->size() > 10) run.after.history->erase(run.after.history->begin());
  }
  run.clients.push_back(std::move(log));
  run.after.stats = sound_stats(messages);
  run.synchronised = true;
  return run;
}

/// Two clients that wrote three questions each to the same session, which had two turns before.
inline SessionRun sound_shared_run() {
  SessionRun run{.session_id = "s"};
  run.before.question_count = 2;
  for (std::int64_t count = 1; count <= 2; ++count) {
    run.before.history.push_back(history_turn(acknowledged_turn(9, count, count)));
  }
  ClientLog first{.client = 1, .sent = 3};
  first.acknowledged = {acknowledged_turn(1, 1, 3), acknowledged_turn(1, 2, 6), acknowledged_turn(1, 3, 7)};
  ClientLog second{.client = 2, .sent = 3};
  second.acknowledged = {acknowledged_turn(2, 1, 4), acknowledged_turn(2, 2, 5), acknowledged_turn(2, 3, 8)};
  run.after.history = run.before.history;
  for (const Acknowledged& turn : {first.acknowledged[0], second.acknowledged[0], second.acknowledged[1],
                                   first.acknowledged[1], first.acknowledged[2], second.acknowledged[2]}) {
    run.after.history->push_back(history_turn(turn));
  }
  run.clients = {first, second};
  run.after.stats = sound_stats(8);
  return run;
}

/// The last question of client 1 was sent, and its reply never came.
inline void lose_last_reply(SessionRun& run) {
  ClientLog& log = run.clients.front();
  const Acknowledged last = log.acknowledged.back();
  log.acknowledged.pop_back();
  log.failed.push_back(
      {.message = last.message,
       .question = last.question,
       .error = {.kind = ApiError::Kind::no_reply, .status = 0, .text = "Timeout was reached"}});
}

}  // namespace chatsync::test_cache

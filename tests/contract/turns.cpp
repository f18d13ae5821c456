#include "contract/turns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "chat/turn_stamp.hpp"

namespace chatsync {

void PrintTo(const Turn& turn, std::ostream* out) {
  *out << fmt::format("{{{} {} ts={} seq={} user={} question={:.40} ({}) answer={:.40} ({}) {} {}}}",
                      turn.session_id, turn.turn_id, turn.timestamp_us,
                      turn.seq ? fmt::to_string(*turn.seq) : "none", turn.user_id, turn.question,
                      turn.question.size(), turn.answer, turn.answer.size(), to_string(turn.status),
                      turn.model);
}

void PrintTo(const Session& session, std::ostream* out) {
  *out << fmt::format("{{{} user={} title={} count={} created={} updated={}}}", session.session_id,
                      session.user_id, session.title, session.question_count, session.created_at_us,
                      session.updated_at_us);
}

namespace test {

Turn turn_of(const std::string& session_id, int number) {
  return {.session_id = session_id,
          .turn_id = fmt::format("{}-turn-{}", session_id, number),
          .timestamp_us = kDawn + number * 1'000,
          .seq = std::nullopt,
          .user_id = "ann",
          .question = fmt::format("question {} of {}", number, session_id),
          .answer = fmt::format("answer {} to {}", number, session_id),
          .status = TurnStatus::complete,
          .model = "echo"};
}

Turn numbered_turn(const std::string& session_id, int number) {
  Turn turn = turn_of(session_id, number);
  turn.seq = number;
  return turn;
}

AsyncResult<RecordOutcome> record_turn(TurnCache& cache, Turn turn, SessionPresence presence) {
  co_return co_await cache.record(&turn, presence);
}

std::vector<Turn> numbered_turns(const std::string& session_id, int first, int last) {
  std::vector<Turn> turns;
  for (int number = first; number <= last; ++number) turns.push_back(numbered_turn(session_id, number));
  return turns;
}

std::vector<Turn> appended_turns(const std::string& session_id, int first, int last) {
  std::vector<Turn> turns = numbered_turns(session_id, first, last);
  for (Turn& turn : turns) turn.timestamp_us = store_stamp(turn.timestamp_us, 0);
  return turns;
}

Session session_after(const std::string& session_id, int count) {
  return {.session_id = session_id,
          .user_id = "ann",
          .title = "",
          .question_count = count,
          .created_at_us = kDawn + 1'000,
          .updated_at_us = kDawn + count * 1'000};
}

SharedBatch batch_of(const std::vector<Turn>& turns) {
  TurnBatch batch;
  std::map<std::string, Session> sessions;
  for (const Turn& turn : turns) {
    Session& session = sessions
                           .try_emplace(turn.session_id, Session{.session_id = turn.session_id,
                                                                 .user_id = turn.user_id,
                                                                 .title = "",
                                                                 .question_count = 0,
                                                                 .created_at_us = turn.timestamp_us,
                                                                 .updated_at_us = turn.timestamp_us})
                           .first->second;
    session.question_count = std::max(session.question_count, turn.seq.value_or(0));
    session.updated_at_us = std::max(session.updated_at_us, turn.timestamp_us);
    batch.turns.push_back(
        {.turn = turn, .key = fmt::format("session:{}:msg:{}", turn.session_id, turn.timestamp_us)});
  }
  for (auto& [id, session] : sessions) batch.sessions.push_back(std::move(session));
  return std::make_shared<const TurnBatch>(std::move(batch));
}

std::vector<std::string> awkward_texts() {
  std::string every_ascii;
  for (int c = 0; c < 128; ++c) every_ascii += static_cast<char>(c);
  std::string megabyte;
  while (megabyte.size() < (std::size_t{1} << 20)) megabyte += "Tiếng Việt 漢字 😀 ";
  return {"",
          " leading and trailing ",
          std::string("zero \0 byte", 11),
          std::string("\0", 1),
          every_ascii,
          "quotes ' \" ` and backslashes \\ \\\\ \\n \\0 %s ? :x {}",
          "line\nfeed\r\nand\ttab",
          "Đã đồng bộ thành công",
          "e\u0301 is not \u00e9",
          "😀🚀 👩‍👩‍👧‍👦 \U0010FFFF",
          "\uFEFF\uFFFE\uFFFF\u2028\u202E",
          "'; DROP TABLE chat_messages; --",
          "{\"question\":\"JSON inside\"}",
          megabyte};
}

std::vector<std::string> turn_ids(const std::vector<Turn>& turns) {
  std::vector<std::string> ids;
  for (const Turn& turn : turns) ids.push_back(turn.turn_id);
  return ids;
}

}  // namespace test
}  // namespace chatsync

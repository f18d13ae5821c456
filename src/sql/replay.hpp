#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "chat/dead_letters.hpp"
#include "chat/ids.hpp"
#include "chat/letter_payload.hpp"

namespace chatsync::sql {

/// What the store knows of the session of a letter.
struct LetterSession {
  bool deleted = false;
  std::string user_id;  ///< Empty if the store does not know the session.
};

inline std::unexpected<Error> no_such_letter(std::int64_t id) {
  return fail(ErrorKind::not_found, "there is no dead letter " + std::to_string(id), "dead_letter_not_found");
}

inline ReplayOutcome kept_letter(std::string reason) {
  return {.fate = ReplayOutcome::Fate::kept, .reason = std::move(reason), .turn = {}};
}

/// Decides what becomes of a letter, and stores its turn, in a transaction of the caller's, who then removes
/// the letter unless it was kept. `Expected<T>` is what the database's calls return. `Rows` has
/// - `session(session_id)`: locks the session's row → LetterSession;
/// - `stored_turn(turn_id)` → the turn that is stored under the id, or nothing;
/// - `free_timestamp(session_id, from_us)` → that one, or the first of the store's own stamps after it
///   (chat/turn_stamp.hpp), that no stored turn has;
/// - `is_numbered(session_id, seq)` → whether a settled turn of the session has that number;
/// - `insert(turn)` → nothing; raises the session's count to the turn's number.
template <template <class> class Expected, class Rows>
Expected<ReplayOutcome> replay_with(const DeadLetter& letter, Rows& rows) {
  Result<Turn> read = turn_in_letter(letter);
  if (!read) return kept_letter(read.error().message);
  Turn turn = std::move(*read);

  const auto session = rows.session(turn.session_id);
  if (!session) return std::unexpected(session.error());
  if (session->deleted) return kept_letter("its session was erased");
  if (turn.user_id.empty()) turn.user_id = session->user_id.empty() ? "1" : session->user_id;

  std::string changes;
  const auto change = [&](std::string_view what) {
    changes += changes.empty() ? "" : ", ";
    changes += what;
  };
  // The second id depends on the turn alone: a letter that comes again after it was replayed finds its turn.
  const std::string second_id = derived_turn_id(turn.session_id + ":" + turn.turn_id, turn.timestamp_us);
  for (const std::string& id : {turn.turn_id, second_id}) {
    const auto stored = rows.stored_turn(id);
    if (!stored) return std::unexpected(stored.error());
    const bool taken = stored->has_value();
    if (taken && (*stored)->session_id == turn.session_id && (*stored)->question == turn.question &&
        (*stored)->answer == turn.answer) {
      return ReplayOutcome{.fate = ReplayOutcome::Fate::stored_before, .reason = {}, .turn = **stored};
    }
    if (taken && id == second_id) return kept_letter("other turns have its id and the one derived from it");
    if (taken) continue;
    if (id == second_id) change("another turn has its id: it got a derived one");
    turn.turn_id = id;
    break;
  }

  const auto free_us = rows.free_timestamp(turn.session_id, turn.timestamp_us);
  if (!free_us) return std::unexpected(free_us.error());
  if (*free_us != turn.timestamp_us) change("another turn has its time stamp: it got the next free one");
  turn.timestamp_us = *free_us;
  if (turn.seq) {
    const auto numbered = rows.is_numbered(turn.session_id, *turn.seq);
    if (!numbered) return std::unexpected(numbered.error());
    if (*numbered) {
      change("another turn has its number: it has none");
      turn.seq.reset();
    }
  }
  if (auto inserted = rows.insert(turn); !inserted) return std::unexpected(inserted.error());
  return ReplayOutcome{.fate = ReplayOutcome::Fate::stored, .reason = changes, .turn = std::move(turn)};
}

}  // namespace chatsync::sql

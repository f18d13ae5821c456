#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "chat/turn.hpp"
#include "chat/turn_cache.hpp"

namespace chatsync::test {

/// 2026-11-23T00:00:00Z in microseconds: where the clocks of these tests begin.
inline constexpr std::int64_t kDawn = 1'795'392'000'000'000;

/// Turn `number` of a session, asked `number` milliseconds after kDawn by user "ann", with texts and an id of
/// its own and without a seq.
Turn turn_of(const std::string& session_id, int number);

/// The same as the store or a pass has it: with `number` as its seq.
Turn numbered_turn(const std::string& session_id, int number);

/// TurnCache::record() of a turn that need not live on.
AsyncResult<RecordOutcome> record_turn(TurnCache& cache, Turn turn, SessionPresence presence);

/// Turns `first` to `last`, numbered.
std::vector<Turn> numbered_turns(const std::string& session_id, int first, int last);

/// The same as they are after TurnStore::append.
std::vector<Turn> appended_turns(const std::string& session_id, int first, int last);

/// The session as it is after turn `count`.
Session session_after(const std::string& session_id, int count);

/// A batch of these turns with the session of each.
SharedBatch batch_of(const std::vector<Turn>& turns);

/// Texts that some server or driver would damage: each is valid UTF-8.
std::vector<std::string> awkward_texts();

std::vector<std::string> turn_ids(const std::vector<Turn>& turns);

}  // namespace chatsync::test

namespace chatsync {
/// What a failed comparison shows: long texts by their beginning.
void PrintTo(const Turn& turn, std::ostream* out);
void PrintTo(const Session& session, std::ostream* out);
}  // namespace chatsync

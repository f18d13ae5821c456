// Rebuilds the index from the journal: sessions as they stand, then turns in the order they were accepted. It
// writes nothing, so that a server starts on a full disk too: what the last process did not come to is left
// to the upkeep.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "embedded/cache_state.hpp"

namespace chatsync::embedded {
namespace {

constexpr std::size_t kReaders = 2;

struct Rebuilt {
  std::unordered_map<std::int64_t, std::unique_ptr<SessionEntry>> sessions;  // by row
  JournalUpkeep upkeep;
  SessionGroup::LastRows last;
};

/// Turns that were about to be deleted when the last process ended.
void drop_what_is_no_history(SessionEntry& entry, JournalUpkeep& upkeep) {
  const std::span<const TurnRef> turns = entry.turns.all();
  std::size_t dropped = 0;
  while (turns.size() - dropped > kHistoryTurns && turns[dropped].synced()) {
    upkeep.remove(turns[dropped++].row());
  }
  entry.turns.drop_front(dropped);
}

Result<Rebuilt> rebuild(JournalWriter& journal) {
  Result<AcknowledgedNotes> notes = journal.load_notes();
  if (!notes) return failure_of(std::move(notes));
  Rebuilt rebuilt{.upkeep = JournalUpkeep(notes->last_id)};
  const auto take_session = [&rebuilt](SessionEntry entry) {
    rebuilt.last.session = std::max(rebuilt.last.session, entry.row);
    const std::int64_t row = entry.row;
    rebuilt.sessions.emplace(row, std::make_unique<SessionEntry>(std::move(entry)));
  };
  const auto take_turn = [&](std::int64_t session_row, TurnRef turn, std::optional<std::int64_t> seq) {
    rebuilt.last.turn = turn.row();
    // The row of a session must not be used again while turns refer to it.
    rebuilt.last.session = std::max(rebuilt.last.session, session_row);
    const auto found = rebuilt.sessions.find(session_row);
    if (found == rebuilt.sessions.end()) {
      rebuilt.upkeep.remove(turn.row());
      return;
    }
    if (!turn.synced() && std::ranges::binary_search(notes->turns, turn.row())) {
      turn.mark_synced();
      rebuilt.upkeep.mark(turn.row());
    }
    SessionEntry& entry = *found->second;
    entry.turns.append(turn);
    entry.pending += turn.synced() ? 0 : 1;
    entry.last_turn_us = std::max(entry.last_turn_us, turn.timestamp_us());
    entry.session.question_count = std::max(entry.session.question_count, seq.value_or(0));
    entry.session.updated_at_us = std::max(entry.session.updated_at_us, turn.timestamp_us());
  };
  if (Result<void> loaded = journal.load({.session = take_session, .turn = take_turn}); !loaded) {
    return failure_of(std::move(loaded));
  }
  for (auto& [row, entry] : rebuilt.sessions) drop_what_is_no_history(*entry, rebuilt.upkeep);
  // A note must not speak of a turn that comes.
  if (!notes->turns.empty()) rebuilt.last.turn = std::max(rebuilt.last.turn, notes->turns.back());
  return rebuilt;
}

/// The sessions by their last activity, so that clean ones leave in that order.
std::vector<std::unique_ptr<SessionEntry>> by_activity(Rebuilt& rebuilt) {
  std::vector<std::unique_ptr<SessionEntry>> entries;
  entries.reserve(rebuilt.sessions.size());
  for (auto& [row, entry] : rebuilt.sessions) entries.push_back(std::move(entry));
  std::ranges::sort(entries, {}, [](const auto& entry) { return entry->session.updated_at_us; });
  return entries;
}

}  // namespace

Result<std::shared_ptr<EmbeddedTurnCache>> open_embedded_cache(const std::filesystem::path& journal,
                                                               CacheOptions options, const Clock& clock) {
  Result<JournalWriter> writer = JournalWriter::open(journal);
  if (!writer) return failure_of(std::move(writer));
  std::vector<JournalReader> readers;
  while (readers.size() < kReaders) {
    Result<JournalReader> reader = JournalReader::open(journal);
    if (!reader) return failure_of(std::move(reader));
    readers.push_back(std::move(*reader));
  }
  Result<Rebuilt> rebuilt = rebuild(*writer);
  if (!rebuilt) return failure_of(std::move(rebuilt));

  const EvictionLimits limits{.session_ttl = options.session_ttl,
                              .max_clean_sessions = options.max_clean_sessions};
  auto state = std::make_unique<EmbeddedTurnCache::State>(limits, clock, std::move(readers));
  for (std::unique_ptr<SessionEntry>& entry : by_activity(*rebuilt)) {
    SessionEntry& inserted = state->index.insert(std::move(entry));
    state->index.refile(inserted, 0, clock.steady_now());
  }
  state->commits = std::make_unique<CommitThread>(std::make_unique<SessionGroup>(
      std::move(*writer), state->index, state->mutex, limits, rebuilt->last, std::move(rebuilt->upkeep)));
  return std::make_shared<EmbeddedTurnCache>(std::move(state));
}

}  // namespace chatsync::embedded

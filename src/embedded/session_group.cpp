// What a group of changes does to a session is kept in a draft, and the index changes only after the commit:
// a failed commit has nothing to take back, and readers never see what may still vanish. A draft goes on from
// the committed entry, from an entry that the same group added, or from nothing.
//
// A session that goes takes its row with it at once, which is what makes it gone after a crash. The rows of
// its turns are garbage from then on, and so are those of turns that are synced and no history any more. They
// are deleted a few in each group, so that erasing a long session or evicting many stalls nobody.
#include "embedded/session_group.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/turn_stamp.hpp"
#include "embedded/session_draft.hpp"

namespace chatsync::embedded {
namespace {

constexpr std::size_t kEvictedPerGroup = 16;
/// No request that looked at the store before a session was erased is under way for longer.
constexpr std::chrono::hours kErasedFor{24};

}  // namespace

SessionGroup::SessionGroup(JournalWriter journal, SessionIndex& index, std::mutex& index_mutex,
                           EvictionLimits limits, LastRows last_rows, JournalUpkeep upkeep)
    : journal_(std::move(journal)),
      index_(index),
      index_mutex_(index_mutex),
      limits_(limits),
      last_rows_(last_rows),
      published_rows_(last_rows),
      upkeep_(std::move(upkeep)) {}

SessionGroup::~SessionGroup() = default;

Result<void> SessionGroup::begin(bool nobody_waits) {
  Result<void> done = journal_.begin();
  if (done) done = evict();
  if (done) done = upkeep_.work(journal_, nobody_waits);
  return done;
}

Result<void> SessionGroup::commit() {
  if (!acknowledged_rows_.empty()) {
    Result<void> noted = upkeep_.note_acknowledged(journal_, acknowledged_rows_);
    if (!noted) return noted;
  }
  if (Result<void> committed = journal_.commit(); !committed) return committed;
  acknowledged_rows_.clear();
  upkeep_.commit();
  const std::scoped_lock lock(index_mutex_);
  for (auto& [session_id, draft] : drafts_) {
    publish(draft);
    if (draft.erased && erased_.insert(session_id).second) erasures_.emplace_back(now_, session_id);
  }
  drafts_.clear();
  forget_erasures();
  published_rows_ = last_rows_;
  return {};
}

void SessionGroup::discard() {
  journal_.rollback();
  drafts_.clear();
  acknowledged_rows_.clear();
  upkeep_.discard();
}

void SessionGroup::publish(Draft& draft) {
  for (const TurnRef turn : draft.orphans) upkeep_.remove(turn.row());
  if (draft.removed != nullptr) {
    const TurnList turns = index_.remove(*draft.removed);
    for (const TurnRef turn : turns.all()) upkeep_.remove(turn.row());
  }
  if (draft.added) draft.committed = &index_.insert(std::move(draft.added));
  if (draft.committed == nullptr) return;
  SessionEntry& entry = *draft.committed;
  const std::size_t pending_before = entry.pending;
  for (const TurnRef turn : entry.turns.all().first(draft.dropped)) upkeep_.remove(turn.row());
  for (const std::int64_t timestamp_us : draft.acknowledged) {
    const std::size_t place = *entry.turns.find(timestamp_us);
    entry.turns.mark_synced(place);
    if (place >= draft.dropped) upkeep_.mark(entry.turns.all()[place].row());
  }
  entry.pending -= draft.acknowledged.size();
  entry.turns.drop_front(draft.dropped);
  for (const TurnRef turn : draft.appended) {
    entry.turns.append(turn);
    if (!turn.synced()) ++entry.pending;
  }
  entry.session.question_count = draft.count;
  entry.session.updated_at_us = std::max(entry.session.updated_at_us, draft.last_turn_us);
  entry.last_turn_us = draft.last_turn_us;
  entry.settled_us = draft.settled_us;
  entry.settled = std::move(draft.settled);
  if (draft.own_data_synced) entry.unsynced = false;
  index_.refile(entry, pending_before, now_);
}

SessionGroup::Draft& SessionGroup::draft_of(std::string_view session_id, SessionEntry* committed) {
  Draft& draft = drafts_[std::string(session_id)];
  draft.committed = committed;
  if (committed != nullptr) {
    draft.row = committed->row;
    draft.count = committed->session.question_count;
    draft.last_turn_us = committed->last_turn_us;
    draft.settled_us = committed->settled_us;
    draft.settled = committed->settled;
  }
  return draft;
}

Result<SessionGroup::Draft*> SessionGroup::find(std::string_view session_id, SteadyTime now) {
  now_ = std::max(now_, now);
  if (const auto drafted = drafts_.find(std::string(session_id)); drafted != drafts_.end()) {
    return drafted->second.exists() ? &drafted->second : nullptr;
  }
  SessionEntry* committed = index_.find(session_id);
  if (committed == nullptr) return nullptr;
  Draft& draft = draft_of(session_id, committed);
  if (!limits_.expired(*committed, now_)) return &draft;
  if (Result<void> done = remove_session(draft); !done) return std::unexpected(done.error());
  return nullptr;
}

Result<SessionGroup::Draft*> SessionGroup::add_session(std::unique_ptr<SessionEntry> entry) {
  entry->row = ++last_rows_.session;
  if (Result<void> done = journal_.insert_session(*entry); !done) return failure_of(std::move(done));
  Draft& draft = drafts_[entry->session.session_id];
  draft.row = entry->row;
  draft.count = entry->session.question_count;
  draft.last_turn_us = entry->last_turn_us;
  draft.added = std::move(entry);
  return &draft;
}

Result<void> SessionGroup::append(Draft& draft, const Turn& turn, std::optional<std::int64_t> seq,
                                  std::int64_t timestamp_us, bool synced) {
  const TurnRef ref(timestamp_us, ++last_rows_.turn, synced);
  if (Result<void> done = journal_.insert_turn(draft.row, ref, seq, turn); !done) return done;
  draft.appended.push_back(ref);
  draft.last_turn_us = timestamp_us;
  return {};
}

Result<RecordOutcome> SessionGroup::record(const Turn& turn, SessionPresence presence, SteadyTime now) {
  const Result<Draft*> found = find(turn.session_id, now);
  if (!found) return std::unexpected(found.error());
  Draft* draft = *found;
  if (draft == nullptr) {
    if (presence == SessionPresence::unknown || is_erased(turn.session_id))
      return RecordOutcome{.session_missing = true};
    auto entry = std::make_unique<SessionEntry>();
    entry->session.session_id = turn.session_id;
    entry->session.user_id = turn.user_id;
    entry->session.created_at_us = entry->session.updated_at_us = turn.timestamp_us;
    entry->unsynced = true;
    const Result<Draft*> added = add_session(std::move(entry));
    if (!added) return std::unexpected(added.error());
    draft = *added;
  }
  const std::int64_t timestamp_us = cache_stamp(turn.timestamp_us, draft->last_turn_us);
  if (Result<void> done = append(*draft, turn, ++draft->count, timestamp_us, false); !done) {
    return failure_of(std::move(done));
  }
  return RecordOutcome{.question_count = draft->count, .timestamp_us = timestamp_us};
}

Result<bool> SessionGroup::create(Session& session, SteadyTime now) {
  const Result<Draft*> found = find(session.session_id, now);
  if (!found) return std::unexpected(found.error());
  if (*found != nullptr || is_erased(session.session_id)) return false;
  auto entry = std::make_unique<SessionEntry>();
  entry->session = std::move(session);
  entry->unsynced = true;
  const Result<Draft*> added = add_session(std::move(entry));
  if (!added) return std::unexpected(added.error());
  return true;
}

Result<std::size_t> SessionGroup::acknowledge(const SessionAcknowledgement& acknowledgement, SteadyTime now) {
  const Result<Draft*> found = find(acknowledgement.session_id, now);
  if (!found) return std::unexpected(found.error());
  Draft* draft = *found;
  // Only what was committed can have been handed out to be synced.
  if (draft == nullptr || draft->committed == nullptr) return 0;
  const SessionEntry& entry = *draft->committed;
  const std::span<const TurnRef> turns = entry.turns.all();

  std::size_t removed = 0;
  const std::size_t acknowledged_before = draft->acknowledged.size();
  for (const std::int64_t timestamp_us : acknowledgement.turns) {
    const std::optional<std::size_t> place = entry.turns.find(timestamp_us);
    const auto before = std::span(draft->acknowledged).first(acknowledged_before);
    if (!place || turns[*place].synced() || std::ranges::binary_search(before, timestamp_us)) continue;
    draft->acknowledged.push_back(timestamp_us);
    acknowledged_rows_.push_back(turns[*place].row());
    ++removed;
  }
  std::ranges::sort(draft->acknowledged);

  const auto is_synced = [draft](TurnRef turn) {
    return turn.synced() || std::ranges::binary_search(draft->acknowledged, turn.timestamp_us());
  };
  while (turns.size() - draft->dropped > kHistoryTurns && is_synced(turns[draft->dropped])) ++draft->dropped;

  const Session* stored = acknowledgement.stored;
  if (stored != nullptr && entry.unsynced && !draft->own_data_synced &&
      stored->user_id == entry.session.user_id && stored->title == entry.session.title &&
      stored->created_at_us == entry.session.created_at_us) {
    draft->own_data_synced = true;
    if (Result<void> done = journal_.mark_session_synced(draft->row); !done) {
      return failure_of(std::move(done));
    }
  }
  return removed;
}

bool SessionGroup::is_erased(const std::string& session_id) const {
  const auto drafted = drafts_.find(session_id);
  return erased_.contains(session_id) || (drafted != drafts_.end() && drafted->second.erased);
}

void SessionGroup::forget_erasures() {
  while (!erasures_.empty() && now_ - erasures_.front().first > kErasedFor) {
    erased_.erase(erasures_.front().second);
    erasures_.pop_front();
  }
}

Result<std::size_t> SessionGroup::erase(const std::string& session_id, SteadyTime now) {
  const Result<Draft*> found = find(session_id, now);
  if (!found) return std::unexpected(found.error());
  drafts_[session_id].erased = true;
  Draft* draft = *found;
  if (draft == nullptr) return 0;
  std::size_t pending = 0;
  if (draft->committed != nullptr) pending = draft->committed->pending - draft->acknowledged.size();
  pending += static_cast<std::size_t>(
      std::ranges::count_if(draft->appended, [](TurnRef turn) { return !turn.synced(); }));
  if (Result<void> done = remove_session(*draft); !done) return failure_of(std::move(done));
  return pending;
}

Result<void> SessionGroup::remove_session(Draft& draft) {
  if (Result<void> done = journal_.delete_session(draft.row); !done) return done;
  for (const SettledTurn& turn : draft.settled) {
    if (Result<void> done = journal_.delete_settled(draft.row, turn.timestamp_us); !done) return done;
  }
  if (draft.committed != nullptr) draft.removed = std::exchange(draft.committed, nullptr);
  draft.added.reset();
  draft.orphans.insert(draft.orphans.end(), draft.appended.begin(), draft.appended.end());
  draft.appended.clear();
  draft.acknowledged.clear();
  draft.settled_us = 0;
  draft.settled.clear();
  draft.dropped = 0;
  draft.own_data_synced = false;
  return {};
}

Result<void> SessionGroup::evict() {
  std::size_t evicted = 0;
  for (SessionEntry* entry : index_.clean_sessions()) {
    const bool too_many = index_.clean_sessions().size() - evicted > limits_.max_clean_sessions;
    if (evicted == kEvictedPerGroup || (!too_many && !limits_.expired(*entry, now_))) break;
    if (Result<void> done = remove_session(draft_of(entry->session.session_id, entry)); !done) return done;
    ++evicted;
  }
  return {};
}

}  // namespace chatsync::embedded

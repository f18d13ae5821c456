#include "embedded/session_index.hpp"

#include <algorithm>

namespace chatsync::embedded {

std::span<const TurnRef> TurnList::after(std::int64_t timestamp_us) const {
  const std::span<const TurnRef> turns = all();
  const auto first = std::ranges::upper_bound(turns, timestamp_us, {}, &TurnRef::timestamp_us);
  return turns.subspan(static_cast<std::size_t>(first - turns.begin()));
}

const TurnRef* TurnList::first_pending() const {
  const std::span<const TurnRef> turns = all();
  const auto first = std::ranges::find(turns, false, &TurnRef::synced);
  return first == turns.end() ? nullptr : &*first;
}

std::optional<std::size_t> TurnList::find(std::int64_t timestamp_us) const {
  const std::span<const TurnRef> turns = all();
  const auto place = std::ranges::lower_bound(turns, timestamp_us, {}, &TurnRef::timestamp_us);
  if (place == turns.end() || place->timestamp_us() != timestamp_us) return std::nullopt;
  return static_cast<std::size_t>(place - turns.begin());
}

void TurnList::drop_front(std::size_t count) {
  front_ += count;
  if (front_ < turns_.size() / 2) return;
  turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
  if (turns_.size() < turns_.capacity() / 4) turns_.shrink_to_fit();
}

SessionEntry* SessionIndex::find(std::string_view session_id) const {
  const auto found = sessions_.find(session_id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

SessionEntry& SessionIndex::insert(std::unique_ptr<SessionEntry> entry) {
  SessionEntry& inserted = *entry;
  sessions_.emplace(inserted.session.session_id, std::move(entry));
  return inserted;
}

TurnList SessionIndex::remove(SessionEntry& entry) {
  if (entry.clean_since) clean_.erase(entry.clean_place);
  dirty_.erase(entry.row);
  dirty_by_user_.erase({entry.session.user_id, entry.row});
  waiting_.erase({entry.waiting_since_us, entry.row});
  pending_ -= entry.pending;
  TurnList turns = std::move(entry.turns);
  // Not by key, which is a part of the entry.
  sessions_.erase(sessions_.find(entry.session.session_id));
  return turns;
}

void SessionIndex::refile(SessionEntry& entry, std::size_t pending_before, SteadyTime now) {
  pending_ = pending_ - pending_before + entry.pending;
  const bool dirty = entry.unsynced || entry.pending > 0;
  if (dirty) {
    dirty_.emplace(entry.row, &entry);
    dirty_by_user_.emplace(std::pair(std::string_view(entry.session.user_id), entry.row), &entry);
    if (entry.clean_since) clean_.erase(entry.clean_place);
    entry.clean_since.reset();
  } else if (!entry.clean_since) {
    dirty_.erase(entry.row);
    dirty_by_user_.erase({entry.session.user_id, entry.row});
    entry.clean_since = now;
    entry.clean_place = clean_.insert(clean_.end(), &entry);
  }
  file_by_age(entry);
}

void SessionIndex::file_by_age(SessionEntry& entry) {
  std::int64_t since_us = entry.unsynced ? entry.session.created_at_us : 0;
  if (const TurnRef* const first = entry.turns.first_pending()) since_us = first->timestamp_us();
  if (since_us == entry.waiting_since_us) return;
  if (entry.waiting_since_us != 0) waiting_.erase({entry.waiting_since_us, entry.row});
  if (since_us != 0) waiting_.emplace(since_us, entry.row);
  entry.waiting_since_us = since_us;
}

std::optional<std::int64_t> SessionIndex::waiting_since_us() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::vector<std::string> SessionIndex::session_ids() const {
  std::vector<std::string> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, entry] : sessions_) ids.emplace_back(id);
  return ids;
}

SessionEntry* SessionIndex::first_dirty_from(std::int64_t row) const {
  const auto found = dirty_.lower_bound(row);
  return found == dirty_.end() ? nullptr : found->second;
}

std::vector<Session> SessionIndex::dirty_sessions_of(std::string_view user_id) const {
  std::vector<Session> sessions;
  for (auto place = dirty_by_user_.lower_bound({user_id, 0});
       place != dirty_by_user_.end() && place->first.first == user_id; ++place) {
    sessions.push_back(place->second->session);
  }
  return sessions;
}

}  // namespace chatsync::embedded

#include "sql/mysql_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "chat/ids.hpp"
#include "chat/letter_payload.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::sql {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The number of bytes of the character that begins `text`, 0 if it is not UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  return text.size() >= bytes && is_utf8(text.substr(0, bytes)) ? bytes : 0;
}

auto key_of(const PendingTurn* pending) {
  return std::tie(pending->turn.session_id, pending->turn.timestamp_us, pending->turn.turn_id);
}

}  // namespace

OrderedBatch order_batch(const TurnBatch& batch) {
  struct Row {
    BatchSession session;
    std::int64_t count_without_turns = 0;
  };
  std::map<std::string_view, Row> sessions;
  for (const auto& session : batch.sessions) {
    Row& row = sessions[session.session_id];
    row.session.session = session;
    row.count_without_turns = std::exchange(row.session.session.question_count, 0);
  }
  OrderedBatch ordered;
  ordered.turns.reserve(batch.turns.size());
  Row* current = nullptr;
  for (const auto& pending : batch.turns) {
    const auto& turn = pending.turn;
    // The turns of a session mostly come together.
    if (current == nullptr || current->session.session.session_id != turn.session_id) {
      current = &sessions[turn.session_id];
    }
    current->count_without_turns = 0;
    auto& [session, has_foreign_turns] = current->session;
    if (session.session_id.empty()) {
      session = Session{turn.session_id, turn.user_id, {}, 0, turn.timestamp_us, turn.timestamp_us};
    }
    session.question_count = std::max(session.question_count, turn.seq.value_or(0));
    has_foreign_turns = has_foreign_turns || !turn.seq;
    ordered.turns.push_back(&pending);
  }
  for (const auto& letter : batch.dead_letters) {
    const auto seq = seq_in_payload(letter.payload).value_or(0);
    if (const auto found = sessions.find(letter.session_id); found != sessions.end()) {
      auto& row = found->second;
      auto& count = row.session.session.question_count;
      count = std::max({count, seq, row.count_without_turns});
    } else if (is_session_id(letter.session_id)) {
      auto& count = ordered.letter_sessions[letter.session_id];
      count = std::max(count, seq);
    }
  }
  for (auto& [id, row] : sessions) ordered.sessions.push_back(std::move(row.session));
  if (!std::ranges::is_sorted(ordered.turns, {}, key_of)) std::ranges::sort(ordered.turns, {}, key_of);
  return ordered;
}

std::vector<RowRange> split_rows(std::span<const std::size_t> row_bytes, std::size_t max_bytes,
                                 std::size_t max_rows) {
  std::vector<RowRange> ranges;
  std::size_t bytes = 0;
  for (std::size_t row = 0; row < row_bytes.size(); ++row) {
    const bool fits = !ranges.empty() && bytes + row_bytes[row] <= max_bytes &&
                      ranges.back().end - ranges.back().begin < max_rows;
    if (!fits) {
      ranges.push_back({row, row});
      bytes = 0;
    }
    ranges.back().end = row + 1;
    bytes += row_bytes[row];
  }
  return ranges;
}

std::vector<const PendingTurn*> without_row(std::span<const PendingTurn* const> turns,
                                            const KeyByTurnId& stored) {
  std::vector<const PendingTurn*> missing;
  std::ranges::copy_if(turns, std::back_inserter(missing),
                       [&](const PendingTurn* pending) { return !stored.contains(pending->turn.turn_id); });
  return missing;
}

std::vector<Clash> find_clashes(std::span<const PendingTurn* const> turns, const KeyByTurnId& stored) {
  std::map<std::pair<std::string_view, std::int64_t>, std::string_view> owner_of;
  for (const auto& [turn_id, key] : stored) owner_of[{key.session_id, key.timestamp_us}] = turn_id;
  std::vector<Clash> clashes;
  for (const auto* pending : turns) {
    const auto& turn = pending->turn;
    if (const auto own = stored.find(turn.turn_id); own != stored.end()) {
      const auto& key = own->second;
      if (key == StoredKey{turn.session_id, turn.timestamp_us}) continue;
      clashes.push_back({pending, fmt::format("turn {} is stored already in session {} at {}", turn.turn_id,
                                              key.session_id, key.timestamp_us)});
      continue;
    }
    const auto owner = owner_of.find({turn.session_id, turn.timestamp_us});
    const auto name = owner == owner_of.end() ? std::string_view("another") : owner->second;
    clashes.push_back({pending, fmt::format("session {} has turn {} at {} already", turn.session_id, name,
                                            turn.timestamp_us)});
  }
  return clashes;
}

DeadLetter to_dead_letter(const Clash& clash) {
  const auto& turn = clash.turn->turn;
  return DeadLetter{.session_id = turn.session_id,
                    .key = clash.turn->key,
                    .reason = clash.reason,
                    .error_code = "identity_clash",
                    .payload = history_entry(turn),
                    .first_failed_at_us = 0};
}

std::string storable_text(std::string_view text, std::size_t max_characters) {
  if (text.size() <= max_characters && is_utf8(text)) return std::string(text);
  std::string result;
  for (std::size_t characters = 0; !text.empty() && characters < max_characters; ++characters) {
    const auto bytes = character_bytes(text);
    result += bytes == 0 ? std::string_view("\uFFFD") : text.substr(0, bytes);
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return result;
}

std::size_t utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text.size();
  auto end = max_bytes;
  while (end > 0 && is_continuation(text[end])) --end;
  return end;
}

}  // namespace chatsync::sql

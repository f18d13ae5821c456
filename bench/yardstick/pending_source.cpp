#include "pending_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace yardstick {
namespace {

constexpr std::size_t kSessionsAtOnce = 100;

// What every turn has: see Row.
constexpr std::size_t kFieldsOfARow = 7;

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void PendingSource::begin_round() {
  redis_.command(4);
  for (const std::string_view word : {"ZRANGE", "sync:dirty", "0", "-1"}) redis_.word(word);
  redis_.send(scratch_);
  sessions_.assign(static_cast<std::size_t>(redis_.take_integer()), {});
  for (PendingSession& session : sessions_) session.id = redis_.take_text();
  // Rows that lie together in the store come to it together.
  std::ranges::sort(sessions_, {}, &PendingSession::id);
  next_session_ = 0;
  keys_.clear();
  next_key_ = 0;
}

void PendingSource::exchange(const std::vector<PendingKey>& committed, PendingBatch& batch) {
  remove(committed);
  batch.rows.clear();
  while (keys_.size() - next_key_ < batch_rows_ && next_session_ < sessions_.size()) find_turns();
  const std::size_t rows = std::min(batch_rows_, keys_.size() - next_key_);
  const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(next_key_);
  batch.keys.assign(first, first + static_cast<std::ptrdiff_t>(rows));
  next_key_ += rows;
  if (rows > 0) read_turns(batch);
}

std::string_view PendingSource::message_key(const PendingKey& key) {
  name_.clear();
  fmt::format_to(std::back_inserter(name_), "session:{}:msg:{}", key.session->id, key.timestamp_us);
  return name_;
}

void PendingSource::find_turns() {
  const std::size_t end = std::min(next_session_ + kSessionsAtOnce, sessions_.size());
  for (std::size_t i = next_session_; i < end; ++i) ask_for_names(sessions_[i]);
  redis_.send(scratch_);
  keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(next_key_));
  next_key_ = 0;
  for (; next_session_ < end; ++next_session_) {
    PendingSession& session = sessions_[next_session_];
    const std::size_t old = keys_.size();
    for (std::int64_t left = take_number_of_names(session); left > 0; --left) {
      const std::string_view name = redis_.take_text();
      keys_.push_back({.session = &session, .timestamp_us = number_in(name.substr(name.rfind(':') + 1))});
    }
    take_rest(session);
    std::sort(keys_.begin() + static_cast<std::ptrdiff_t>(old), keys_.end(),
              [](const PendingKey& left, const PendingKey& right) {
                return left.timestamp_us < right.timestamp_us;
              });
    if (keys_.size() > old) keys_.back().last_of_session = true;
  }
}

void PendingSource::read_turns(PendingBatch& batch) {
  for (const PendingKey& key : batch.keys) {
    redis_.command(2 + field_count());
    redis_.word("HMGET");
    redis_.word(message_key(key));
    redis_.encoded_words(fields());
  }
  redis_.send(batch.replies);
  for (const PendingKey& key : batch.keys) {
    redis_.take_integer();
    Row& row = batch.rows.emplace_back();
    row.session = key.session->id;
    row.timestamp_us = key.timestamp_us;
    row.turn_id = redis_.take_text();
    row.seq = number_in(redis_.take_text());
    row.user_id = redis_.take_text();
    row.question = redis_.take_text();
    row.answer = redis_.take_text();
    row.status = redis_.take_text();
    row.model = redis_.take_text();
    for (std::size_t field = kFieldsOfARow; field < field_count(); ++field) redis_.take_text();
  }
}

}  // namespace yardstick

#include "redis/key_space.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chatsync::redis {
namespace {

constexpr std::string_view kSession = "session:";
constexpr std::int64_t kLastTimestampUs = 253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z

}  // namespace

std::string KeySpace::prefix(std::string_view session_id) const {
  std::string name;
  name.reserve(kSession.size() + session_id.size() + 2);
  append_prefix(name, session_id);
  return name;
}

void KeySpace::append_prefix(std::string& out, std::string_view session_id) const {
  out += kSession;
  if (form_ == Form::tagged) out += '{';
  out += session_id;
  if (form_ == Form::tagged) out += '}';
}

std::string KeySpace::message(std::string_view session_id, std::int64_t timestamp_us) const {
  std::string key;
  append_message(key, prefix(session_id), timestamp_us);
  return key;
}

void KeySpace::append_message(std::string& out, std::string_view prefix, std::int64_t timestamp_us) {
  const fmt::format_int timestamp(timestamp_us);
  out.reserve(out.size() + prefix.size() + kMessage.size() + timestamp.size());
  out += prefix;
  out += kMessage;
  out.append(timestamp.data(), timestamp.size());
}

std::string_view KeySpace::pending_pattern() const {
  return form_ == Form::tagged ? "session:{*}:pending_msgs" : "session:*:pending_msgs";
}

std::string_view KeySpace::count_pattern() const {
  return form_ == Form::tagged ? "session:{*}:count" : "session:*:count";
}

std::optional<std::string_view> KeySpace::session_of_pending(std::string_view key) const {
  return session_of(key, kPending);
}

std::optional<std::string_view> KeySpace::session_of_count(std::string_view key) const {
  return session_of(key, kCount);
}

std::optional<std::string_view> KeySpace::session_of(std::string_view key, std::string_view what) const {
  if (!key.starts_with(kSession)) return std::nullopt;
  key.remove_prefix(kSession.size());
  if (!key.ends_with(what)) return std::nullopt;
  key.remove_suffix(what.size());
  if (form_ == Form::plain) return key;
  if (key.size() < 2 || key.front() != '{' || key.back() != '}') return std::nullopt;
  return key.substr(1, key.size() - 2);
}

std::optional<std::int64_t> KeySpace::message_timestamp(std::string_view prefix, std::string_view key) {
  if (!key.starts_with(prefix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  if (!key.starts_with(kMessage)) return std::nullopt;
  key.remove_prefix(kMessage.size());
  // One time stamp, one key: "007" would be a second key of the same turn.
  if (key.empty() || key.front() < '1' || key.front() > '9') return std::nullopt;
  std::int64_t timestamp = 0;
  const auto [stopped, error] = std::from_chars(key.data(), key.data() + key.size(), timestamp);
  if (error != std::errc() || stopped != key.data() + key.size()) return std::nullopt;
  if (timestamp > kLastTimestampUs) return std::nullopt;
  return timestamp;
}

}  // namespace chatsync::redis

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace chatsync {

/// Session ids: `[A-Za-z0-9._-]{1,64}`. They stand literally in Redis keys and URLs.
bool is_session_id(std::string_view text);

/// User ids: `[A-Za-z0-9._:@+-]{1,128}`.
bool is_user_id(std::string_view text);

/// Turn ids: `[A-Za-z0-9._-]{1,64}`. Ours are UUIDv7; another program may bring its own.
bool is_turn_id(std::string_view text);

/// Makes UUIDv7 ids (RFC 9562, method 3): 48 bits of Unix milliseconds, 12 bits of the millisecond's
/// fraction, 62 random bits. So ids sort by the microsecond they were made in. One generator a thread.
class IdGenerator {
 public:
  /// Seeds from the operating system.
  IdGenerator();
  /// A fixed seed, for tests and simulation.
  explicit IdGenerator(std::uint64_t seed);

  /// The 36-character text form, lower case. `now_us` is in microseconds since the epoch.
  std::string uuid_v7(std::int64_t now_us);

 private:
  std::mt19937_64 random_;
};

/// The id of a turn that another program wrote without one. It depends on the session and the turn's time
/// stamp alone (UUIDv5), so that every drain and every instance gives the same turn the same id.
std::string derived_turn_id(std::string_view session_id, std::int64_t timestamp_us);

}  // namespace chatsync

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"
#include "redis/command_encoder.hpp"
#include "redis/key_space.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {

/// A turn and the number and time stamp that it gets; its own are not looked at.
struct NumberedTurn {
  const Turn* turn = nullptr;
  std::int64_t seq = 0;
  std::int64_t timestamp_us = 0;
};

/// Records turns whose numbers and time stamps are settled, if their sessions are as expected: see
/// record_transaction.cpp. Keeps its memory from one batch to the next.
class RecordTransaction {
 public:
  explicit RecordTransaction(KeySpace keys) : keys_(keys) {}

  /// Appends the commands for `turns`, of different sessions, at least one. `seq` is the number after the
  /// count that is expected, `timestamp_us` later than that of the session's last turn.
  void encode(CommandEncoder& out, std::span<const NumberedTurn> turns);

  /// How many commands that is, and so how many replies.
  static std::size_t commands(std::size_t turns);

  /// For each turn whether it was refused: then nothing of it is there, for its session was not as expected.
  /// Every other one is recorded. With an error nothing is recorded, but for the kind `outcome_unknown`.
  /// `server` is for messages.
  static Result<std::vector<bool>> read(const std::string& server, std::span<const Reply> replies,
                                        std::size_t turns);

 private:
  void encode_expectations(CommandEncoder& out, std::span<const NumberedTurn> turns) const;
  void encode_turn(CommandEncoder& out, const NumberedTurn& numbered, std::string_view prefix,
                   std::string_view message);

  const KeySpace keys_;
  std::vector<std::string> prefixes_;
  std::vector<std::string> messages_;  ///< Of each turn its key, from after the prefix on.
  std::string entry_;
};

}  // namespace chatsync::redis

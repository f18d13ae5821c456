#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/store_audit.hpp"

namespace chatsync::audit {

/// Where the accepted turns are. At rest, accepted = stored + pending + dead-lettered + deleted (promise 12).
struct Ledger {
  std::int64_t accepted = 0;
  std::int64_t stored = 0;
  std::int64_t pending = 0;        ///< Without those that are stored already.
  std::int64_t dead_lettered = 0;  ///< Discarded ones included.
  std::int64_t discarded = 0;
  std::int64_t deleted = 0;

  /// Greater than 0: turns are missing. Less: there are more than were accepted.
  std::int64_t difference() const { return accepted - stored - pending - dead_lettered - deleted; }

  Ledger& operator+=(const Ledger& other);
  Ledger& operator-=(const Ledger& other);
  bool operator==(const Ledger&) const = default;
};

/// What is seen of one session.
struct SessionView {
  struct Cached {
    std::int64_t question_count = 0;
    std::int64_t pending = 0;

    bool operator==(const Cached&) const = default;
  };

  std::string session_id;
  std::optional<StoreTally> stored;  ///< Absent: the store does not know the session.
  std::optional<Cached> cached;      ///< Absent: the cache does not hold it.
  std::int64_t stored_and_pending = 0;
  /// The lowest numbers up to the stored count that no turn and no dead letter has; needed if there are dead
  /// letters, see needs_missing_numbers().
  std::vector<std::int64_t> missing;
};

/// Whether SessionView::missing cannot be told from the counts alone.
bool needs_missing_numbers(const StoreTally& stored);

struct Verdict {
  Ledger share;
  std::vector<std::string> faults;  ///< What is wrong, each in words; none: all is well.
};

Verdict judge(const SessionView& view);

}  // namespace chatsync::audit

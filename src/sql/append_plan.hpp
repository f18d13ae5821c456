#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/turn_store.hpp"

namespace chatsync::sql {

// The decisions of TurnStore::append, without a database. Whoever calls holds the rows of the sessions
// locked.

/// What a session has before the turns come.
struct AppendBase {
  bool deleted = false;
  std::int64_t question_count = 0;  ///< The settled one.
  std::int64_t unsettled = 0;
  std::int64_t last_timestamp_us = 0;  ///< 0: it has no turn.
};

/// A turn that an earlier call has stored.
struct StoredAppend {
  std::string session_id;
  AppendOutcome outcome;
};

struct AppendPlan {
  /// A turn to insert, and to mark as unsettled.
  struct Row {
    PendingTurn turn;
    bool provisional = false;
  };

  std::vector<Result<AppendOutcome>> outcomes;  ///< One for each turn, in order.
  std::vector<Row> rows;                        ///< In the order of their primary keys.
  /// Sessions whose last turn got a later time stamp than proposed, with that time.
  std::map<std::string, std::int64_t> later_activity;
};

/// The sessions of the turns as rows for those that have none yet, by ascending id.
std::vector<Session> sessions_of_turns(std::span<const DirectTurn> turns);

/// `bases` has every session, `stored` those of the turns whose id is stored already.
AppendPlan plan_append(std::span<const DirectTurn> turns, std::map<std::string, AppendBase> bases,
                       std::unordered_map<std::string, StoredAppend> stored);

using AppendOutcomes = std::vector<Result<AppendOutcome>>;

/// Appends the turns of the range `begin` to `end` with `append_range`, which takes all of a range or none.
/// If a range is `rejected`, some turn is at fault, and the others must not suffer: halves are appended until
/// each such turn stands alone and has its error as its outcome.
AsyncResult<AppendOutcomes> append_all_but_rejected(
    std::function<AsyncResult<AppendOutcomes>(std::size_t begin, std::size_t end)> append_range,
    std::size_t begin, std::size_t end);

}  // namespace chatsync::sql

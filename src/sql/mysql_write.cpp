// A batch in one transaction: its sessions first, whose rows it thereby locks, in the order of their keys.
// Whoever writes to or erases one of them waits, so what is then read of tombstones stays true until the
// COMMIT, and no turn can slip into a session that is being erased. Turns follow in key order too; where
// fewer rows came to be than turns were sent, some were stored before, and reading them back tells a repeated
// turn from a clash of identity.
#include "sql/mysql_write.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "sql/mysql_batch.hpp"
#include "sql/mysql_dead_letters.hpp"
#include "sql/mysql_insert.hpp"
#include "sql/mysql_lineages.hpp"
#include "sql/mysql_sessions.hpp"
#include "sql/mysql_settle.hpp"
#include "sql/mysql_statements.hpp"
#include "sql/mysql_transaction.hpp"

namespace chatsync::sql {
namespace {

SqlResult<void> add_stored_keys(MySqlConnection& connection, std::string_view column_list,
                                std::span<const std::string> values, KeyByTurnId& stored) {
  auto rows = query_in_parts(
      connection, fmt::format("SELECT turn_id, session_id, ts FROM chat_messages WHERE {} IN (", column_list),
      values, ")");
  if (!rows) return sql_failure_of(std::move(rows));
  for (auto& row : *rows) {
    stored.insert_or_assign(text_at(row, 0), StoredKey{text_at(row, 1), integer_at(row, 2)});
  }
  return {};
}

SqlResult<std::vector<Clash>> read_clashes(MySqlConnection& connection,
                                           std::span<const PendingTurn* const> turns) {
  KeyByTurnId stored;
  std::vector<std::string> values;
  for (const auto* pending : turns) values.push_back(connection.literal(pending->turn.turn_id));
  if (auto read = add_stored_keys(connection, "turn_id", values, stored); !read) {
    return sql_failure_of(std::move(read));
  }
  values.clear();
  for (const auto* pending : without_row(turns, stored)) {
    values.push_back(
        fmt::format("({},{})", connection.literal(pending->turn.session_id), pending->turn.timestamp_us));
  }
  if (auto read = add_stored_keys(connection, "(session_id, ts)", values, stored); !read) {
    return sql_failure_of(std::move(read));
  }
  return find_clashes(turns, stored);
}

/// Settles those of the turns that are stored and unsettled, and takes them out of `turns`.
SqlResult<void> settle_stored(MySqlConnection& connection, std::vector<const PendingTurn*>& turns) {
  const auto unsettled = unsettled_among(connection, turns);
  if (!unsettled) return std::unexpected(unsettled.error());
  for (const auto& [session_id, settled] : *unsettled) {
    auto done = number_unsettled(connection, session_id, settled);
    if (!done) return done;
    std::erase_if(turns, [&](const PendingTurn* pending) {
      return pending->turn.session_id == session_id && std::ranges::any_of(settled, [&](const auto& turn) {
               return turn.final_timestamp_us == pending->turn.timestamp_us;
             });
    });
  }
  return {};
}

/// Makes and locks the rows of the batch's sessions; returns those that are erased.
SqlResult<std::unordered_set<std::string>> lock_sessions(MySqlConnection& connection,
                                                         const OrderedBatch& batch, bool by_bulk_binding) {
  if (auto done = upsert_sessions(connection, batch.sessions, by_bulk_binding); !done) {
    return sql_failure_of(std::move(done));
  }
  std::vector<std::string> ids;
  for (const auto& row : batch.sessions) ids.push_back(row.session.session_id);
  for (const auto& [id, count] : batch.letter_sessions) {
    if (auto raised = raise_count(connection, id, count); !raised) return sql_failure_of(std::move(raised));
    ids.push_back(id);
  }
  return find_erased(connection, ids);
}

SqlResult<WriteOutcome> write_ordered(MySqlConnection& connection, const TurnBatch& batch, InsertPath path) {
  if (auto passed = pass_fence(connection, batch.lineage); !passed) return sql_failure_of(std::move(passed));
  const bool by_bulk_binding = uses_bulk_binding(connection, path);
  auto ordered = order_batch(batch);
  const auto erased = lock_sessions(connection, ordered, by_bulk_binding);
  if (!erased) return std::unexpected(erased.error());
  const auto is_erased = [&](const std::string& session_id) {
    return erased->contains(session_id) && !fault::planted(fault::PlantedBug::ignore_tombstone);
  };
  auto& turns = ordered.turns;
  auto letters = batch.dead_letters;
  const auto dropped =
      std::erase_if(turns, [&](const PendingTurn* pending) { return is_erased(pending->turn.session_id); }) +
      std::erase_if(letters, [&](const DeadLetter& letter) { return is_erased(letter.session_id); });

  const auto inserted = insert_turns(connection, turns, by_bulk_binding);
  if (!inserted) return std::unexpected(inserted.error());
  std::size_t quarantined = 0;
  if (*inserted != turns.size()) {
    if (auto done = settle_stored(connection, turns); !done) return sql_failure_of(std::move(done));
    auto clashes = read_clashes(connection, turns);
    if (!clashes) return std::unexpected(clashes.error());
    if (fault::planted(fault::PlantedBug::insert_ignore)) clashes->clear();
    quarantined = clashes->size();
    std::ranges::transform(*clashes, std::back_inserter(letters), to_dead_letter);
  }
  std::vector<std::string> uncounted;
  for (const auto& [session, has_foreign_turns] : ordered.sessions) {
    if (has_foreign_turns) uncounted.push_back(session.session_id);
  }
  if (auto done = count_rows(connection, uncounted); !done) return sql_failure_of(std::move(done));
  if (auto done = insert_dead_letters(connection, letters); !done) return sql_failure_of(std::move(done));
  return WriteOutcome{.inserted = *inserted, .quarantined = quarantined, .deleted = dropped};
}

}  // namespace

SqlResult<WriteOutcome> write_batch(MySqlConnection& connection, const TurnBatch& batch, InsertPath path) {
  return in_transaction(connection, [&] { return write_ordered(connection, batch, path); });
}

}  // namespace chatsync::sql

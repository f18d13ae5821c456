#pragma once

#include <cstdint>
#include <span>

#include "chat/turn.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Inserts `turns`, which are in the order of their primary keys, in as few statements as the server's
/// max_allowed_packet permits. A row whose key or turn_id exists is left as it is. Returns how many rows were
/// not there before. The caller holds the transaction.
SqlResult<std::uint64_t> insert_turns(MySqlConnection& connection, std::span<const PendingTurn* const> turns,
                                      bool by_bulk_binding);

/// Whether `path` means bulk binding on this connection.
inline bool uses_bulk_binding(const MySqlConnection& connection, InsertPath path) {
  return path == InsertPath::bulk || (path == InsertPath::best && connection.has_bulk_binding());
}

}  // namespace chatsync::sql

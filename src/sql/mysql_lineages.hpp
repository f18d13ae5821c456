#pragma once

#include <cstdint>

#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// What the store knows of caches; each as in TurnStore, on one connection.

/// Fails with an error that is `superseded` if a cache other than that of `lineage` was admitted last, and
/// keeps it that way until the end of the transaction, which the caller holds. Lineage 0 is never refused.
SqlResult<void> pass_fence(MySqlConnection& connection, std::uint64_t lineage);

SqlResult<std::uint64_t> read_admitted_lineage(MySqlConnection& connection);
SqlResult<bool> admit_lineage(MySqlConnection& connection, std::uint64_t lineage, std::uint64_t expected);

SqlResult<bool> is_lineage_known(MySqlConnection& connection, std::uint64_t lineage);
SqlResult<void> insert_lineage(MySqlConnection& connection, std::uint64_t lineage);

}  // namespace chatsync::sql

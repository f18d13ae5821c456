#pragma once

#include <cstdint>

#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

// What the store knows of caches; each as in TurnStore.

/// `conflict` if a cache other than that of `lineage` was admitted last. The caller holds the transaction.
/// Lineage 0 is never refused.
Result<void> pass_fence(SqliteDatabase& database, std::uint64_t lineage);

Result<std::uint64_t> read_admitted_lineage(SqliteDatabase& database);
Result<bool> admit_lineage(SqliteDatabase& database, std::uint64_t lineage, std::uint64_t expected);

Result<bool> is_lineage_known(SqliteDatabase& database, std::uint64_t lineage);
Result<void> insert_lineage(SqliteDatabase& database, std::uint64_t lineage);

}  // namespace chatsync::sql

#pragma once

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "sql/sql_store.hpp"

namespace chatsync::sql {

/// Opens the store in the file `database_file` (normally DATA_DIR/chatsync.db; its folder must exist),
/// creates it if it is missing and brings its tables up to date. Blocks the caller until that is done.
///
/// Writes go through one connection, one transaction at a time, each fsynced before it returns; readers have
/// connections of their own and never wait for a writer. A full or failing disk is `unavailable`.
Result<std::unique_ptr<SqlStore>> open_sqlite_store(const std::filesystem::path& database_file);

}  // namespace chatsync::sql

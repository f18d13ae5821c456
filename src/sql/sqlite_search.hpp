#pragma once

#include <cstddef>
#include <vector>

#include "chat/conversation_store.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

/// See ConversationStore::index_turns(); one transaction.
Result<std::size_t> index_some_turns(SqliteDatabase& database, std::size_t limit);

Result<std::vector<Turn>> search_turns(SqliteDatabase& database, const SearchQuery& query);

}  // namespace chatsync::sql

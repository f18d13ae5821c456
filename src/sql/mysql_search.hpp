#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "chat/conversation_store.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Says that turns of these sessions, from a time stamp on, are to be put into the index; within the
/// transaction that stores them.
struct UnindexedTurns {
  std::string session_id;
  std::int64_t from_us = 0;
};
SqlResult<void> note_unindexed(MySqlConnection& connection, std::span<const UnindexedTurns> sessions);

/// The sessions of these turns, each with its first.
std::vector<UnindexedTurns> unindexed_of(std::span<const PendingTurn* const> turns);

/// At the start of a server: `indexed` says whether it notes what it stores. One that does not makes the
/// index incomplete; one that does notes all sessions where it is.
SqlResult<void> begin_indexing(MySqlConnection& connection, bool indexed);

/// See ConversationStore::index_turns(), of at most about `limit` turns in one transaction.
SqlResult<std::size_t> index_some_turns(MySqlConnection& connection, std::size_t limit);

SqlResult<std::vector<Turn>> search_turns(MySqlConnection& connection, const SearchQuery& query);

/// Deletes what the index has of the session, within the transaction that makes its tombstone.
SqlResult<void> delete_from_index(MySqlConnection& connection, const std::string& session_literal);

}  // namespace chatsync::sql

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat/conversation_store.hpp"
#include "sql/change_fate.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

// The operations of ConversationStore on one connection. Those that change something are a transaction each
// and say whether they did.

SqlResult<ChangeFate> describe_session(MySqlConnection& connection, const Session& session,
                                       const std::optional<std::string>& title,
                                       const std::optional<std::string>& metadata);

SqlResult<std::vector<SessionDescription>> read_descriptions(MySqlConnection& connection,
                                                             std::span<const std::string> session_ids);

SqlResult<ChangeFate> mark_deleted(MySqlConnection& connection, const Session& session,
                                   const ItemPlace& place);

SqlResult<ChangeFate> mark_rated(MySqlConnection& connection, const Session& session, const ItemPlace& place,
                                 const std::optional<ItemFeedback>& feedback);

SqlResult<ChangeFate> insert_sibling(MySqlConnection& connection, const Session& session,
                                     const std::string& turn_id, const SiblingAnswer& sibling);

SqlResult<std::vector<TurnExtras>> read_extras(MySqlConnection& connection, const std::string& session_id,
                                               std::span<const std::string> turn_ids);

SqlResult<std::optional<std::string>> find_turn_of_sibling(MySqlConnection& connection,
                                                           const std::string& session_id,
                                                           const std::string& sibling_id);

/// Deletes what the session has of these, within the transaction that makes its tombstone.
SqlResult<void> delete_extras(MySqlConnection& connection, const std::string& session_literal);

}  // namespace chatsync::sql

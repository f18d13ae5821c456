#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat/conversation_store.hpp"
#include "sql/change_fate.hpp"
#include "sql/sqlite_database.hpp"

namespace chatsync::sql {

// The operations of ConversationStore on one connection. Those that change something are a transaction each
// and say whether they did.

Result<ChangeFate> describe_session(SqliteDatabase& database, const Session& session,
                                    const std::optional<std::string>& title,
                                    const std::optional<std::string>& metadata);

Result<std::vector<SessionDescription>> read_descriptions(SqliteDatabase& database,
                                                          std::span<const std::string> session_ids);

Result<ChangeFate> mark_deleted(SqliteDatabase& database, const Session& session, const ItemPlace& place);

Result<ChangeFate> mark_rated(SqliteDatabase& database, const Session& session, const ItemPlace& place,
                              const std::optional<ItemFeedback>& feedback);

Result<ChangeFate> insert_sibling(SqliteDatabase& database, const Session& session,
                                  const std::string& turn_id, const SiblingAnswer& sibling);

Result<std::vector<TurnExtras>> read_extras(SqliteDatabase& database, const std::string& session_id,
                                            std::span<const std::string> turn_ids);

Result<std::optional<std::string>> find_turn_of_sibling(SqliteDatabase& database,
                                                        const std::string& session_id,
                                                        const std::string& sibling_id);

/// Deletes what the session has of these, within the transaction that makes its tombstone.
Result<void> delete_extras(SqliteDatabase& database, const std::string& session_id);

}  // namespace chatsync::sql

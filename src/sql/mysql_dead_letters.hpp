#pragma once

#include <span>

#include "chat/turn.hpp"
#include "sql/mysql_connection.hpp"

namespace chatsync::sql {

/// Adds what is not there yet. Nothing in a letter can make this fail: text that is not UTF-8 or too long for
/// its column is made storable, and a payload of any size is kept whole, in as many rows as the server's
/// packets require. The caller holds the transaction.
SqlResult<void> insert_dead_letters(MySqlConnection& connection, std::span<const DeadLetter> letters);

}  // namespace chatsync::sql

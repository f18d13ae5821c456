#pragma once

#include <cstddef>
#include <memory>

#include "chat/turn_store.hpp"
#include "sql/mysql_connection_pool.hpp"
#include "sql/mysql_turn_store.hpp"

namespace chatsync::sql {

/// The store on connections of `pool`, each used on one of `threads` threads. The schema is in place.
std::unique_ptr<TurnStore> make_mysql_store(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path,
                                            std::size_t threads);

}  // namespace chatsync::sql

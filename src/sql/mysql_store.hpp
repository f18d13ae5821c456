#pragma once

#include <cstddef>
#include <memory>

#include "sql/mysql_connection_pool.hpp"
#include "sql/mysql_turn_store.hpp"
#include "sql/sql_store.hpp"

namespace chatsync::sql {

/// The store on connections of `pool`, each used on one of `threads` threads. The schema is in place.
std::unique_ptr<SqlStore> make_mysql_store(std::unique_ptr<MySqlConnectionPool> pool, InsertPath path,
                                           std::size_t threads);

}  // namespace chatsync::sql

#pragma once

#include "support/mariadb_server.hpp"
#include "support/redis_server.hpp"

namespace chatsync::test {

/// The process' own Redis, started when first asked for, and empty: what an earlier test left is flushed.
/// Tests that stop it or need other options start one of their own.
RedisServer& empty_shared_redis();

/// The process' own MariaDB, started when first asked for. Isolation comes from a database of one's own:
/// MariaDbServer::create_database().
MariaDbServer& shared_mariadb();

}  // namespace chatsync::test

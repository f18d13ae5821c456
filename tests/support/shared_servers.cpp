#include "support/shared_servers.hpp"

namespace chatsync::test {

RedisServer& empty_shared_redis() {
  static RedisServer server;
  server.client().command({"FLUSHALL"});
  return server;
}

MariaDbServer& shared_mariadb() {
  static MariaDbServer server;
  return server;
}

}  // namespace chatsync::test

#include "redis/health.hpp"

#include "redis/info.hpp"

namespace chatsync::redis {

std::string durability_line(std::string_view info_persistence, std::string_view appendfsync,
                            std::string_view save) {
  if (info_field(info_persistence, "aof_enabled") == "1") {
    if (info_field(info_persistence, "aof_last_write_status") == "err") {
      return "AOF: the last write failed, turns are in memory only";
    }
    if (appendfsync == "always") return "AOF always: an accepted turn survives the failure of the machine";
    if (appendfsync == "everysec") {
      return "AOF everysec: up to 1 s of turns may be lost if the machine fails";
    }
    if (appendfsync == "no") return "AOF no: some 30 s of turns may be lost if the machine fails";
    return "AOF: the turns since its last fsync may be lost if the machine fails";
  }
  if (!save.empty()) return "snapshots only: the turns since the last one are lost if Redis fails";
  return "no persistence: turns not yet synced are lost if Redis stops";
}

AsyncResult<std::string> read_durability(RedisConnection* connection) {
  Result<Replies> replies = co_await connection->execute([](CommandEncoder& out) {
    out.command({"INFO", "persistence"});
    out.command({"CONFIG", "GET", "appendfsync"});
    out.command({"CONFIG", "GET", "save"});
  });
  if (!replies) co_return failure_of(std::move(replies));
  const ReplyView info = (*replies)[0].view();
  if (info.is_error()) co_return std::unexpected(connection->error_of(info));
  // CONFIG may be forbidden: its error reply has no elements.
  co_return durability_line(info.text_or(""), (*replies)[1][1].text_or(""), (*replies)[2][1].text_or(""));
}

}  // namespace chatsync::redis

#include "redis/check_redis.hpp"

#include <fmt/format.h>

#include <charconv>

#include "redis/info.hpp"

namespace chatsync::redis {
namespace {

constexpr int kOldestMajor = 6;
constexpr int kOldestMinor = 2;

bool is_recent(std::string_view version) {
  int major = 0;
  int minor = 0;
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view after = version.substr(dot + 1);
  std::from_chars(version.begin(), version.begin() + dot, major);
  std::from_chars(after.begin(), after.end(), minor);
  return major > kOldestMajor || (major == kOldestMajor && minor >= kOldestMinor);
}

AsyncResult<void> check(RedisConnection* connection) {
  Result<Replies> replies = co_await connection->execute([](CommandEncoder& out) {
    out.command({"INFO", "server"});
    out.command({"INFO", "memory"});
  });
  if (!replies) co_return failure_of(std::move(replies));
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) co_return std::unexpected(connection->error_of(reply.view()));
  }
  co_return check_info(connection->name(), (*replies)[0].view().text_or(""),
                       (*replies)[1].view().text_or(""));
}

}  // namespace

AsyncResult<void> check_redis(RedisConnection& connection) { return check(&connection); }

Result<void> check_info(const std::string& name, std::string_view server, std::string_view memory) {
  if (const std::string_view version = info_field(server, "redis_version"); !is_recent(version)) {
    return fail(ErrorKind::conflict, fmt::format("{} is version {}; {}.{} or later is needed", name, version,
                                                 kOldestMajor, kOldestMinor));
  }
  // Some hosted servers hide the policy: then there is nothing to judge.
  const std::string_view policy = info_field(memory, "maxmemory_policy");
  if (!policy.empty() && policy != "noeviction") {
    return fail(ErrorKind::conflict,
                fmt::format("{} may evict turns that are not yet synced (maxmemory-policy is {}): run "
                            "`redis-cli config set maxmemory-policy noeviction` and set it in redis.conf too",
                            name, policy));
  }
  return {};
}

}  // namespace chatsync::redis

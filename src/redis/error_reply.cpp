#include "redis/error_reply.hpp"

#include <fmt/format.h>

#include <array>

namespace chatsync::redis {
namespace {

struct Meaning {
  std::string_view prefix;
  ErrorKind kind;
  std::string_view code;
  std::string_view advice;
};

// Redis refuses before it executes, so that each of these means that nothing took effect.
constexpr std::array kMeanings = {
    Meaning{"LOADING", ErrorKind::unavailable, "cache_loading", "it is loading its data; retry shortly"},
    Meaning{"READONLY", ErrorKind::unavailable, "cache_read_only",
            "it is a replica; the master is elsewhere"},
    Meaning{"MASTERDOWN", ErrorKind::unavailable, "cache_read_only", "it is a replica that lost its master"},
    Meaning{"NOREPLICAS", ErrorKind::unavailable, "cache_no_replicas",
            "it has fewer good replicas than min-replicas-to-write asks for"},
    Meaning{"MISCONF", ErrorKind::unavailable, "cache_cannot_save",
            "it cannot save to disk and refuses writes; see its log"},
    Meaning{"BUSY", ErrorKind::unavailable, "cache_busy", "a script is blocking it"},
    Meaning{"NOSCRIPT", ErrorKind::unavailable, "cache_scripts_lost", "it lost its scripts; retry"},
    Meaning{"CLUSTERDOWN", ErrorKind::unavailable, "cache_down", "its cluster is down"},
    Meaning{"TRYAGAIN", ErrorKind::unavailable, "cache_down", "a slot is being moved; retry"},
    Meaning{"NOAUTH", ErrorKind::unavailable, "cache_auth", "set REDIS_PASSWORD (and REDIS_USERNAME)"},
    Meaning{"WRONGPASS", ErrorKind::unavailable, "cache_auth", "check REDIS_USERNAME and REDIS_PASSWORD"},
    Meaning{"NOPERM", ErrorKind::unavailable, "cache_auth", "the user's ACL forbids a command or a key"},
    Meaning{"OOM", ErrorKind::overloaded, "cache_full",
            "it has reached its maxmemory; a sync frees memory, or raise the limit"},
    Meaning{"WRONGTYPE", ErrorKind::conflict, "wrong_type",
            "another program keeps something else under a key of this session"},
    Meaning{"ERR value is not an integer", ErrorKind::conflict, "wrong_type",
            "the count of this session is not a number"},
    Meaning{"ERR increment or decrement would overflow", ErrorKind::conflict, "wrong_type",
            "the count of this session is out of range"},
    Meaning{"ERR invalid password", ErrorKind::unavailable, "cache_auth", "check REDIS_PASSWORD"},
    Meaning{"ERR AUTH", ErrorKind::unavailable, "cache_auth", "unset REDIS_PASSWORD: the server has none"},
    Meaning{"ERR DB index is out of range", ErrorKind::unavailable, "cache_database", "check REDIS_DB"},
    Meaning{"ERR max number of clients", ErrorKind::unavailable, "cache_connections", "raise its maxclients"},
};

}  // namespace

Error error_from_reply(std::string_view name, std::string_view reply) {
  const std::string_view line = reply.substr(0, reply.find_first_of("\r\n"));
  const std::string where = name.empty() ? std::string() : fmt::format("{}: ", name);
  for (const Meaning& meaning : kMeanings) {
    if (line.starts_with(meaning.prefix)) {
      return {
          meaning.kind, fmt::format("{}{} ({})", where, meaning.advice, line), std::string(meaning.code), {}};
    }
  }
  return {ErrorKind::internal, fmt::format("{}{}", where, line), {}, {}};
}

}  // namespace chatsync::redis

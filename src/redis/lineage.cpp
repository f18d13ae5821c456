#include "redis/lineage.hpp"

#include <algorithm>

#include "redis/info.hpp"

namespace chatsync::redis {
namespace {

// FNV-1a.
constexpr std::uint64_t kOffset = 14'695'981'039'346'656'037U;
constexpr std::uint64_t kPrime = 1'099'511'628'211U;

std::uint64_t hashed(std::uint64_t hash, std::string_view text) {
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

}  // namespace

std::uint64_t lineage_of(std::string_view server, std::string_view replication) {
  std::uint64_t hash = hashed(kOffset, info_field(server, "run_id"));
  hash = hashed(hash, "/");
  hash = hashed(hash, info_field(replication, "master_replid"));
  return std::max<std::uint64_t>(hash, 1);
}

}  // namespace chatsync::redis

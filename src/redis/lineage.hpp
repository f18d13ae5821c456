#pragma once

#include <cstdint>
#include <string_view>

namespace chatsync::redis {

/// Names the memory behind a connection (TurnCache::lineage), from the replies to INFO server and INFO
/// replication: the process (`run_id`) and the history of writes that it carries on (`master_replid`). The
/// same in every build and on every machine. Never 0; one fixed value for servers that hide both.
std::uint64_t lineage_of(std::string_view server, std::string_view replication);

}  // namespace chatsync::redis

#pragma once

#include <string>
#include <vector>

#include "end_to_end/world.hpp"
#include "support/history_check.hpp"

namespace chatsync::test {

/// Sessions of one load. Several loads on one world have prefixes of which none begins another.
struct Sessions {
  std::string prefix;  ///< Of all their ids; ends in '-'. Empty: these are all there are.
  std::vector<std::string> ids;
};
Sessions make_sessions(const std::string& name, int count);

/// Drains until a drain succeeds. Throws std::runtime_error with the server's answer if none does in time.
void drain(HttpClient& client);

/// What is there of the sessions, once everything is healed and drained; `client` is one of any server on the
/// world. Throws std::runtime_error when something cannot be read.
Observation observe(World& world, HttpClient& client, const Sessions& sessions);

}  // namespace chatsync::test

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prove/observe.hpp"

namespace chatsync::test {

/// A few clients that ask a few questions in all of the sessions, however the server fares. All their calls.
struct SmallLoad {
  std::string tag;
  std::size_t turns_of_a_client = 5;
  int synced_every = 0;  ///< Of so many turns one is asked for with durability "synced"; 0: none.
  bool drain = true;     ///< Tell the server to drain in the middle, beside the clients, and at the end.
};
std::vector<Call> ask_a_little(std::uint16_t port, const Sessions& sessions, const SmallLoad& load);

/// Asks until as many turns are accepted as there are sessions. Throws std::runtime_error if none is.
std::vector<Call> ask_everywhere(std::uint16_t port, const Sessions& sessions);

}  // namespace chatsync::test

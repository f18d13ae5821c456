#pragma once

#include <cstdint>

namespace chatsync::test {

/// A loopback TCP port that nobody listens on, below the range from which the kernel takes the ports of
/// outgoing connections, so that a server can come back to it after a restart. Another test may take it
/// first: a server that cannot bind it tries another one.
std::uint16_t free_port();

}  // namespace chatsync::test

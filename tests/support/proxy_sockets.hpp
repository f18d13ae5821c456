#pragma once

#include <cstdint>

namespace chatsync::test {

/// Non-blocking loopback sockets, as a proxy needs them. All are closed on exec.

/// A listener on the port, or with 0 on one that a server can come back to. Throws std::runtime_error.
int listen_on(std::uint16_t port);
std::uint16_t port_of(int socket);
/// The next connection that waits, or -1.
int accept_from(int listener);
/// A connection that may still be on its way; a refusal shows when it is read.
int connect_to(std::uint16_t port);
/// Makes the close of this socket a reset, so that its peer sees an error instead of an end.
void reset_at_close(int socket);
/// Whether a socket that failed with this errno is as good as before.
bool is_transient(int error);

}  // namespace chatsync::test

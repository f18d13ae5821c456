#include "load/client_socket.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

namespace chatsync::bench {

void give_up(const std::string& why) {
  fmt::print(stderr, "chat_load: {}\n", why);
  std::fflush(stderr);
  ::_exit(2);
}

int connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* address = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &address) != 0) give_up("unknown host");
  const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, address->ai_addr, address->ai_addrlen) != 0) {
    give_up(fmt::format("nobody listens on {}:{}", host, port));
  }
  freeaddrinfo(address);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

std::size_t reply_length(std::string_view text) {
  const std::size_t headers = text.find("\r\n\r\n");
  if (headers == std::string_view::npos) return 0;
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos || at > headers) give_up("a reply has no Content-Length");
  std::size_t length = 0;
  std::from_chars(text.data() + at + kName.size(), text.data() + headers, length);
  return headers + 4 + length;
}

}  // namespace chatsync::bench

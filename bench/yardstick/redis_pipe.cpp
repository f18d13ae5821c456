#include "redis_pipe.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace yardstick {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

RedisPipe::RedisPipe(const std::string& socket_path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) fail("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(socket_path);
}

RedisPipe::~RedisPipe() { ::close(socket_); }

void RedisPipe::write_out() {
  for (std::string_view rest = out_; !rest.empty();) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send to Redis");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  out_.clear();
}

void RedisPipe::send(ReplyBuffer& replies) {
  next_ = received_ = replies.begin();
  limit_ = replies.begin() + ReplyBuffer::kBytes;
  write_out();
}

void RedisPipe::receive() {
  if (received_ == limit_) throw std::runtime_error("the replies of Redis are too large");
  const ssize_t size = ::recv(socket_, received_, static_cast<std::size_t>(limit_ - received_), 0);
  if (size < 0) fail("receive from Redis");
  if (size == 0) throw std::runtime_error("Redis has hung up");
  received_ += size;
}

std::int64_t RedisPipe::take_integer() {
  const char* line = next_;
  const char* end = line;
  // The line feed ends every line, so that the type needs no look before it has come.
  for (;; ++end) {
    while (end == received_) receive();
    if (*end == '\n') break;
  }
  next_ = end + 1;
  if (*line == '-') throw std::runtime_error("Redis: " + std::string(line + 1, end - 1));
  std::int64_t number = 0;
  std::from_chars(line + 1, end, number);
  return number;
}

std::string_view RedisPipe::take_text() {
  const std::int64_t size = take_integer();
  if (size < 0) return {};
  const char* text = next_;
  next_ += size + 2;
  while (received_ < next_) receive();
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace yardstick

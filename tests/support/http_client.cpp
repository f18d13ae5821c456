#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace chatsync::test {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::error_code(errno, std::generic_category()).message());
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

boost::json::value HttpResponse::json() const { return boost::json::parse(body); }

HttpClient::HttpClient(std::uint16_t port, const std::string& host, std::chrono::seconds timeout)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) throw_errno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  const timeval limit{.tv_sec = timeout.count(), .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int reason = errno;
    ::close(fd_);
    errno = reason;
    throw_errno("connect");
  }
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

HttpClient& HttpClient::operator=(HttpClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

void HttpClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) throw_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::receive() {
  std::array<char, 65536> chunk;
  const auto got = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (got < 0) throw_errno("recv");
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string HttpClient::take(std::size_t count) {
  while (buffer_.size() < count) {
    if (!receive()) throw std::runtime_error("the connection ended inside a reply");
  }
  std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return taken;
}

std::string HttpClient::take_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!receive()) {
      throw std::runtime_error(buffer_.empty() ? "the connection ended before a reply"
                                               : "the connection ended inside a reply");
    }
  }
  std::string line = take(end);
  take(2);
  return line;
}

HttpResponse HttpClient::read_response(bool to_head) {
  HttpResponse response;
  const std::string status_line = take_line();
  response.version = status_line.substr(0, status_line.find(' '));
  response.status = std::stoi(status_line.substr(response.version.size() + 1, 3));
  for (std::string line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(':');
    const auto value = line.find_first_not_of(' ', colon + 1);
    response.headers[lower(line.substr(0, colon))] = value == std::string::npos ? "" : line.substr(value);
  }
  const bool bodiless =
      to_head || response.status / 100 == 1 || response.status == 204 || response.status == 304;
  if (bodiless) return response;
  if (lower(response.header("transfer-encoding")) == "chunked") {
    while (true) {
      const auto size = std::stoul(take_line(), nullptr, 16);
      if (size == 0) break;
      response.body += take(size);
      take(2);
    }
    while (!take_line().empty()) {
    }
  } else if (response.headers.contains("content-length")) {
    response.body = take(std::stoul(response.header("content-length")));
  } else {
    while (receive()) {
    }
    response.body = std::exchange(buffer_, {});
  }
  return response;
}

std::string HttpClient::read_until(std::string_view text) {
  std::size_t found = 0;
  while ((found = buffer_.find(text)) == std::string::npos) {
    if (!receive()) throw std::runtime_error("the connection ended before: " + std::string(text));
  }
  return take(found + text.size());
}

HttpResponse HttpClient::request(const std::string& method, const std::string& target,
                                 const std::string& body, const std::string& header_lines) {
  std::string bytes = method + " " + target + " HTTP/1.1\r\nHost: chatsync.test\r\n" + header_lines;
  if (!body.empty()) {
    if (lower(header_lines).find("content-type:") == std::string::npos) {
      bytes += "Content-Type: application/json\r\n";
    }
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  } else if (method == "POST" || method == "PUT" || method == "PATCH") {
    bytes += "Content-Length: 0\r\n";
  }
  send(bytes + "\r\n" + body);
  return read_response(method == "HEAD");
}

HttpResponse HttpClient::post(const std::string& target, const boost::json::value& body) {
  return request("POST", target, boost::json::serialize(body));
}

bool HttpClient::closed_by_server() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const auto got = ::recv(fd_, &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

void HttpClient::half_close() const { ::shutdown(fd_, SHUT_WR); }

void HttpClient::abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

}  // namespace chatsync::test

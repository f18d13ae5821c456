#include "support/scripted_upstream.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace chatsync::test {
namespace {

namespace json = boost::json;

void require(bool done) {
  if (!done) throw std::runtime_error("the scripted upstream cannot start");
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

std::string chunk_with(json::object delta, json::value reason) {
  return json::serialize(json::object{
      {"id", "chatcmpl-1"},
      {"object", "chat.completion.chunk"},
      {"created", 1},
      {"model", "scripted"},
      {"choices", json::array{json::object{
                      {"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(reason)}}}}});
}

}  // namespace

struct ScriptedUpstream::Sockets {
  ~Sockets() {
    if (listener >= 0) ::close(listener);
    SSL_CTX_free(tls);
  }

  int listener = -1;
  SSL_CTX* tls = nullptr;  ///< Null: plain.
};

class ScriptedUpstream::Connection final : public Exchange {
 public:
  Connection(int fd, SSL_CTX* tls, std::atomic<bool>& ending) : fd_(fd), ending_(ending) {
    if (tls == nullptr) return;
    tls_ = SSL_new(tls);
    SSL_set_fd(tls_, fd_);
  }
  ~Connection() override {
    SSL_free(tls_);
    ::close(fd_);
  }

  bool open() { return tls_ == nullptr || SSL_accept(tls_) == 1; }

  bool read_request() {
    request_ = {};
    std::string line;
    if (!read_line(line)) return false;
    request_.method = line.substr(0, line.find(' '));
    const std::size_t target = request_.method.size() + 1;
    request_.target = line.substr(target, line.find(' ', target) - target);
    while (read_line(line) && !line.empty()) {
      const std::size_t colon = line.find(':');
      request_.headers[lower(line.substr(0, colon))] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
    const auto length = request_.headers.find("content-length");
    const std::size_t bytes = length == request_.headers.end() ? 0 : std::stoul(length->second);
    while (input_.size() < bytes) {
      if (!receive()) return false;
    }
    request_.body = input_.substr(0, bytes);
    input_.erase(0, bytes);
    return true;
  }

  const Request& request() const override { return request_; }

  void send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
      const auto sent = tls_ != nullptr
                            ? SSL_write(tls_, bytes.data(), size)
                            : ::send(fd_, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void hang() override {
    while (!ending_) {
      pollfd watched{.fd = fd_, .events = POLLRDHUP, .revents = 0};
      if (::poll(&watched, 1, 20) != 0) return;
    }
  }

  void cut() override {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    cut_ = true;
  }

  bool is_cut() const { return cut_; }

  /// From another thread: wakes what waits for the client.
  void shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

 private:
  bool receive() {
    std::array<char, 65536> bytes;
    const auto got = tls_ != nullptr ? SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                     : ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0) input_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  bool read_line(std::string& line) {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (!receive()) return false;
    }
    line = input_.substr(0, end);
    input_.erase(0, end + 2);
    return true;
  }

  const int fd_;
  SSL* tls_ = nullptr;
  bool cut_ = false;
  std::atomic<bool>& ending_;
  std::string input_;
  Request request_;
};

void ScriptedUpstream::Exchange::reply(int status, const std::string& body, const std::string& header_lines) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n" + header_lines;
  if (lower(header_lines).find("content-type:") == std::string::npos) {
    bytes += "Content-Type: application/json\r\n";
  }
  send(bytes + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void ScriptedUpstream::Exchange::begin_stream() {
  send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void ScriptedUpstream::Exchange::event(std::string_view data) {
  send(chunk("data: " + std::string(data) + "\n\n"));
}

void ScriptedUpstream::Exchange::end_stream() { send("0\r\n\r\n"); }

ScriptedUpstream::ScriptedUpstream(std::optional<Certificate> certificate)
    : sockets_(std::make_unique<Sockets>()), tls_(certificate.has_value()) {
  // OpenSSL writes to connections that may be gone, on either side.
  std::signal(SIGPIPE, SIG_IGN);
  if (certificate) {
    sockets_->tls = SSL_CTX_new(TLS_server_method());
    require(SSL_CTX_use_certificate_chain_file(sockets_->tls, certificate->certificate.c_str()) == 1);
    require(SSL_CTX_use_PrivateKey_file(sockets_->tls, certificate->key.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  sockets_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(sockets_->listener, any, size) == 0 && ::listen(sockets_->listener, SOMAXCONN) == 0 &&
          ::getsockname(sockets_->listener, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  ending_ = true;
  // Wakes the accept, which closing the descriptor does not.
  ::shutdown(sockets_->listener, SHUT_RDWR);
  acceptor_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& connection : open_) connection->shut_down();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedUpstream::accept() {
  while (true) {
    const int fd = ::accept4(sockets_->listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    const std::scoped_lock lock(mutex_);
    auto connection = std::make_shared<Connection>(fd, sockets_->tls, ending_);
    open_.push_back(connection);
    threads_.emplace_back([this, connection = std::move(connection)]() mutable {
      serve(*connection);
      const std::scoped_lock gone(mutex_);
      open_.remove(connection);
      connection.reset();
    });
  }
}

void ScriptedUpstream::serve(Connection& connection) {
  if (!connection.open()) return;
  while (!ending_ && !connection.is_cut() && connection.read_request()) {
    script_for(connection.request())(connection);
  }
}

ScriptedUpstream::Script ScriptedUpstream::script_for(const Request& request) {
  const std::scoped_lock lock(mutex_);
  requests_.push_back(request);
  if (scripts_.empty()) {
    return always_ ? always_ : [](Exchange& exchange) { exchange.reply(500, "nothing is scripted"); };
  }
  Script script = std::move(scripts_.front());
  scripts_.pop_front();
  return script;
}

void ScriptedUpstream::then(Script script) {
  const std::scoped_lock lock(mutex_);
  scripts_.push_back(std::move(script));
}

void ScriptedUpstream::always(Script script) {
  const std::scoped_lock lock(mutex_);
  always_ = std::move(script);
}

std::vector<ScriptedUpstream::Request> ScriptedUpstream::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::string ScriptedUpstream::base_url() const {
  return (tls_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_) + "/v1";
}

std::string completion_of(std::string_view text, std::string_view model) {
  return json::serialize(json::object{
      {"id", "chatcmpl-1"},
      {"object", "chat.completion"},
      {"created", 1},
      {"model", model},
      {"choices",
       json::array{json::object{{"index", 0},
                                {"message", json::object{{"role", "assistant"}, {"content", text}}},
                                {"finish_reason", "stop"}}}},
      {"usage", json::object{{"prompt_tokens", 3}, {"completion_tokens", 5}, {"total_tokens", 8}}}});
}

std::string chunk_of(std::string_view text) { return chunk_with({{"content", text}}, nullptr); }

std::string last_chunk(std::string_view reason) { return chunk_with({}, json::string(reason)); }

ScriptedUpstream::Script two_pieces(std::string first, std::promise<void>& between, std::string second) {
  return
      [first = std::move(first), &between, second = std::move(second)](ScriptedUpstream::Exchange& exchange) {
        exchange.begin_stream();
        exchange.event(chunk_of(first));
        between.get_future().wait();
        exchange.event(chunk_of(second));
        exchange.event(last_chunk());
        exchange.event("[DONE]");
        exchange.end_stream();
      };
}

}  // namespace chatsync::test

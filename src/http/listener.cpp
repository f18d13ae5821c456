#include "http/listener.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "base/log.hpp"

namespace chatsync::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<tcp::endpoint> resolve(const asio::any_io_executor& executor, const std::string& host,
                              std::uint16_t port) {
  tcp::resolver resolver(executor);
  error_code failure;
  const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
  const auto found = resolver.resolve(host, std::to_string(port), flags, failure);
  if (failure || found.empty()) {
    return fail(ErrorKind::invalid_argument,
                fmt::format("HTTP_HOST: no address is known for {}: {}", host, failure.message()), {},
                "HTTP_HOST");
  }
  // A name such as localhost may have addresses of both families; one socket listens on one of them.
  const auto is_v4 = [](const auto& entry) { return entry.endpoint().protocol() == tcp::v4(); };
  const auto v4 = std::ranges::find_if(found, is_v4);
  return (v4 != found.end() ? v4 : found.begin())->endpoint();
}

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code failure;
  acceptor.open(endpoint.protocol(), failure);
  // Lets a restart bind while old connections are in TIME_WAIT; a second listener is refused all the same.
  if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor.bind(endpoint, failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  return failure;
}

}  // namespace

Listener::Listener(asio::any_io_executor executor)
    : acceptor_(executor), pause_(executor), tasks_(executor) {}

Result<std::uint16_t> Listener::listen(const std::string& host, std::uint16_t port) {
  auto endpoint = resolve(acceptor_.get_executor(), host, port);
  if (!endpoint) return failure_of(std::move(endpoint));
  if (const error_code failure = open(acceptor_, *endpoint)) {
    error_code ignored;
    acceptor_.close(ignored);
    const char* const advice =
        failure == asio::error::address_in_use ? " (another process has it: set HTTP_PORT)" : "";
    return fail(ErrorKind::unavailable,
                fmt::format("cannot listen on {}:{}: {}{}", host, port, failure.message(), advice), {},
                "HTTP_PORT");
  }
  return acceptor_.local_endpoint().port();
}

void Listener::start(ChooseExecutor choose, Accept accept) {
  tasks_.spawn("http listener", run(std::move(choose), std::move(accept)));
}

asio::awaitable<void> Listener::run(ChooseExecutor choose, Accept accept) {
  while (!stopped_) {
    error_code failure;
    tcp::socket socket =
        co_await acceptor_.async_accept(choose(), asio::redirect_error(asio::use_awaitable, failure));
    if (!failure) {
      accept(std::move(socket));
    } else if (!stopped_ && failure != asio::error::connection_aborted) {
      // Out of descriptors or memory: the connections that end meanwhile give some back.
      log_warning("cannot accept a connection: {}", failure.message());
      pause_.expires_after(std::chrono::milliseconds(100));
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, failure));
    }
  }
}

asio::awaitable<void> Listener::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  co_await tasks_.join();
}

}  // namespace chatsync::http

#include "redis/link.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/localhost.hpp"

namespace chatsync::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::unexpected<Error> failed(const error_code& error) {
  return fail(ErrorKind::unavailable,
              error == asio::error::eof ? "the server closed the connection" : error.message());
}

/// What the kinds of stream have in common; `Stream` is what bytes go through.
template <class Stream>
class StreamLink : public Link, public std::enable_shared_from_this<StreamLink<Stream>> {
 public:
  AsyncResult<std::size_t> read_some(asio::mutable_buffer into) final {
    error_code error;
    const std::size_t bytes =
        co_await stream_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failed(error);
    co_return bytes;
  }

  void write(WriteHandler handler) final {
    asio::async_write(stream_, asio::buffer(outgoing),
                      [self = this->shared_from_this(), handler = std::move(handler)](const error_code& error,
                                                                                      std::size_t) mutable {
                        if (error) return handler(failed(error));
                        handler({});
                      });
  }

 protected:
  explicit StreamLink(Stream stream) : stream_(std::move(stream)) {}

  Stream stream_;
};

class UnixLink final : public StreamLink<asio::local::stream_protocol::socket> {
 public:
  UnixLink(const asio::any_io_executor& executor, std::string path)
      : StreamLink(asio::local::stream_protocol::socket(executor)), path_(std::move(path)) {}

  AsyncResult<void> connect() override {
    error_code error;
    const asio::local::stream_protocol::endpoint endpoint(path_);
    co_await stream_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failed(error);
    co_return Result<void>();
  }

  void close() override {
    error_code ignored;
    stream_.close(ignored);
  }

 private:
  const std::string path_;
};

/// Connects `socket` to the first address of the server that accepts.
template <class Socket>
AsyncResult<void> connect_tcp(Socket* socket, tcp::resolver* resolver, std::string host, std::uint16_t port) {
  error_code error;
  tcp::resolver::results_type addresses;
  // A literal address needs no resolver, and so none of its threads.
  if (const auto address = asio::ip::make_address(host, error); !error) {
    addresses = tcp::resolver::results_type::create(tcp::endpoint(address, port), host, std::to_string(port));
  } else if (is_localhost(host)) {
    const tcp::endpoint loopback[] = {{asio::ip::address_v4::loopback(), port},
                                      {asio::ip::address_v6::loopback(), port}};
    addresses = tcp::resolver::results_type::create(std::begin(loopback), std::end(loopback), host,
                                                    std::to_string(port));
  } else {
    addresses = co_await resolver->async_resolve(host, std::to_string(port),
                                                 asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return failed(error);
  }
  co_await asio::async_connect(*socket, addresses, asio::redirect_error(asio::use_awaitable, error));
  if (!error) socket->set_option(tcp::no_delay(true), error);
  if (error) co_return failed(error);
  co_return Result<void>();
}

class TcpLink final : public StreamLink<tcp::socket> {
 public:
  TcpLink(const asio::any_io_executor& executor, std::string host, std::uint16_t port)
      : StreamLink(tcp::socket(executor)), resolver_(executor), host_(std::move(host)), port_(port) {}

  AsyncResult<void> connect() override { return connect_tcp(&stream_, &resolver_, host_, port_); }

  void close() override {
    resolver_.cancel();
    error_code ignored;
    stream_.close(ignored);
  }

 private:
  tcp::resolver resolver_;
  const std::string host_;
  const std::uint16_t port_;
};

/// The TLS settings of one attempt: a certificate file that was replaced is read again by the next.
struct TlsContext {
  explicit TlsContext(const std::string& ca_file) {
    error_code error;
    if (ca_file.empty()) {
      context.set_default_verify_paths(error);
    } else {
      context.load_verify_file(ca_file, error);
    }
    if (error) failure = fmt::format("REDIS_TLS_CA {}: {}", ca_file, error.message());
  }

  asio::ssl::context context{asio::ssl::context::tls_client};
  std::string failure;  ///< Empty if there is none.
};

class TlsLink final : public StreamLink<asio::ssl::stream<tcp::socket>> {
 public:
  TlsLink(const asio::any_io_executor& executor, std::unique_ptr<TlsContext> tls, std::string host,
          std::uint16_t port)
      : StreamLink(asio::ssl::stream<tcp::socket>(executor, tls->context)),
        tls_(std::move(tls)),
        resolver_(executor),
        host_(std::move(host)),
        port_(port) {}

  AsyncResult<void> connect() override {
    if (!tls_->failure.empty()) co_return fail(ErrorKind::unavailable, tls_->failure);
    Result<void> connected = co_await connect_tcp(&stream_.next_layer(), &resolver_, host_, port_);
    if (!connected) co_return connected;

    error_code error;
    asio::ip::make_address(host_, error);
    // Server name indication carries names only.
    if (error) SSL_set_tlsext_host_name(stream_.native_handle(), host_.c_str());
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(host_));
    co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return fail(ErrorKind::unavailable, fmt::format("TLS: {}", error.message()));
    co_return Result<void>();
  }

  void close() override {
    resolver_.cancel();
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  const std::unique_ptr<TlsContext> tls_;
  tcp::resolver resolver_;
  const std::string host_;
  const std::uint16_t port_;
};

}  // namespace

AsyncResult<Reply> next_reply(std::shared_ptr<Link> link, ReplyReader* reader) {
  std::array<char, 4096> bytes;
  for (;;) {
    if (std::optional<Reply> reply = reader->next()) co_return std::move(*reply);
    if (!reader->broken().empty()) {
      co_return fail(ErrorKind::unavailable, fmt::format("it does not speak Redis ({})", reader->broken()));
    }
    Result<std::size_t> got = co_await link->read_some(asio::buffer(bytes));
    if (!got) co_return failure_of(std::move(got));
    reader->feed({bytes.data(), *got});
  }
}

std::shared_ptr<Link> make_link(const asio::any_io_executor& executor, const Settings::Redis& settings) {
  if (!settings.socket.empty()) return std::make_shared<UnixLink>(executor, settings.socket.string());
  if (!settings.tls) return std::make_shared<TcpLink>(executor, settings.host, settings.port);
  auto tls = std::make_unique<TlsContext>(settings.tls_ca.string());
  return std::make_shared<TlsLink>(executor, std::move(tls), settings.host, settings.port);
}

}  // namespace chatsync::redis

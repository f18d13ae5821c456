#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync::test {

struct HttpResponse {
  int status = 0;
  std::string version;                         ///< "HTTP/1.1"
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;

  /// The header's value, empty if there is none.
  std::string header(const std::string& name) const;
  /// The body as JSON; throws if it is none.
  boost::json::value json() const;
};

/// A blocking HTTP/1.1 client on one raw socket: it sends exactly the bytes it is given and reads replies
/// one at a time. Throws std::runtime_error when the connection fails or a reply takes too long.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, const std::string& host = "127.0.0.1",
                      std::chrono::seconds timeout = std::chrono::seconds(60));
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&& other) noexcept;

  void send(std::string_view bytes) const;

  /// Reads one whole reply, whether its length is given, chunked or up to the end of the connection. A reply
  /// to HEAD has no body whatever its headers say. Replies 100 and 103 are returned like any other.
  HttpResponse read_response(bool to_head = false);

  /// Sends one request and reads its reply. `body` is JSON unless the headers (whole lines) name a type.
  HttpResponse request(const std::string& method, const std::string& target, const std::string& body = {},
                       const std::string& header_lines = {});
  HttpResponse get(const std::string& target) { return request("GET", target); }
  HttpResponse post(const std::string& target, const boost::json::value& body);

  /// Reads, as they come, the bytes up to the end of `text`, and returns them. Throws if they do not come.
  std::string read_until(std::string_view text);

  /// True if the server closes the connection without another byte.
  bool closed_by_server();
  /// Ends the sending direction; replies can still be read.
  void half_close() const;
  /// Drops the connection with a reset, as a client that dies does.
  void abort();

 private:
  /// Appends what arrives to buffer_; false at the end of the connection.
  bool receive();
  std::string take(std::size_t count);
  std::string take_line();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace chatsync::test

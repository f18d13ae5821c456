#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request.hpp"

namespace chatsync::http {

struct ParserLimits {
  std::size_t max_header_bytes = 16UL * 1024;
  std::uint64_t max_body_bytes = 16UL * 1024 * 1024;
};

/// Turns the bytes of a connection into requests, one after the other. No I/O; one object a connection.
///
/// Whatever two HTTP readers may understand differently is refused (see failure()); after a refusal nothing
/// more can be read from the connection, since nobody knows where the next request begins.
class RequestParser {
 public:
  enum class Event {
    need_more,  ///< Call again with more bytes behind those that were not taken.
    header,     ///< The header is complete and a body follows. Once a request.
    complete,   ///< request() is whole; call next() before the next one.
    refused,    ///< See failure().
  };
  struct Step {
    Event event;
    std::size_t taken;  ///< How many bytes of `data` are used up.
  };

  explicit RequestParser(ParserLimits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// `data`: all bytes received and not taken yet.
  Step advance(std::string_view data);

  Request& request();
  /// After `refused`.
  const HttpError& failure() const;

  /// Whether the body has begun to be read.
  bool in_body() const;

  /// Begins the next request.
  void next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chatsync::http

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/settings.hpp"
#include "http/api_keys.hpp"

namespace chatsync::http {

/// What the server can be told. Deadlines are enforced to within `sweep_interval`.
struct HttpOptions {
  std::string host = "127.0.0.1";  ///< A name or an address; of a name's, IPv4 is preferred.
  std::uint16_t port = 0;          ///< 0: any free port.
  std::size_t max_connections = 20'000;
  std::size_t max_header_bytes = 16UL * 1024;        ///< Start line and header fields together.
  std::size_t max_body_bytes = 16UL * 1024 * 1024;   ///< After chunks are joined.
  std::chrono::milliseconds header_timeout{10'000};  ///< From a request's first byte to its last header line.
  std::chrono::milliseconds body_timeout{30'000};    ///< From there to the last byte of the body.
  std::chrono::milliseconds idle_timeout{75'000};    ///< Without a byte of a next request.
  std::chrono::milliseconds write_timeout{30'000};   ///< During which the client takes nothing of its reply.
  std::chrono::milliseconds sweep_interval{250};
  ApiKeys keys;             ///< Of which clients must show one; none: everybody may ask.
  bool access_log = false;  ///< One debug line a request.
};

/// The part of the settings that concerns HTTP. The time for a body is also that for taking a reply; the
/// access log is on at the debug level. Fails with one line if the keys are none, or their file cannot be
/// read.
Result<HttpOptions> http_options_from(const Settings& settings);

}  // namespace chatsync::http

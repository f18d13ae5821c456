#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/method.hpp"
#include "http/target.hpp"

namespace chatsync::http {

enum class BodyType : std::uint8_t {
  unstated,  ///< No Content-Type: taken for JSON.
  json,      ///< application/json, in UTF-8 if it says so.
  other,
};

/// A request as it was read. Reused for the requests of a connection, so that its strings keep their memory.
struct Request {
  Method method = Method::other;
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  BodyType body_type = BodyType::unstated;
  std::string target;           ///< As sent.
  std::string request_id;       ///< The client's, if it is `[A-Za-z0-9._-]{1,128}`; else empty.
  std::string session_id;       ///< The X-Session-Id field; empty: there is none.
  std::string authorization;    ///< The Authorization field; empty: there is none.
  std::string last_event_id;    ///< The Last-Event-ID field; empty: there is none.
  std::string idempotency_key;  ///< The Idempotency-Key field; empty: there is none.
  std::string on_busy;          ///< The X-On-Busy field; empty: there is none.
  std::string body;

  void clear();

  /// Clears it and gives the strings' memory back.
  void release();
};

/// A request with its target taken apart, as handlers see it.
struct Arguments {
  Target target;
  std::string session_id;  ///< A variable part of the path, for the routes that have it.
  std::string user_id;     ///< The same,
  std::string turn_id;     ///< and this;
  std::string item_id;     ///< as are these two, which the handler looks into.
  std::string response_id;

  /// Null if the parameter is not given.
  const std::string* query(std::string_view name) const;
};

}  // namespace chatsync::http

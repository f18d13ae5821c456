#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/method.hpp"
#include "http/target.hpp"

namespace chatsync::http {

enum class BodyType : std::uint8_t {
  unstated,  ///< No Content-Type: taken for JSON.
  json,      ///< application/json, in UTF-8 if it says so.
  other,
};

/// Fields that say how a turn is asked for; empty: there is none.
struct TurnFields {
  std::string last_event_id;    ///< Last-Event-ID.
  std::string idempotency_key;  ///< Idempotency-Key.
  std::string on_busy;          ///< X-On-Busy.
};

/// A request as it was read. Reused for the requests of a connection, so that its strings keep their memory.
struct Request {
  Method method = Method::other;
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  BodyType body_type = BodyType::unstated;
  std::string target;         ///< As sent.
  std::string request_id;     ///< The client's, if it is `[A-Za-z0-9._-]{1,128}`; else empty.
  std::string session_id;     ///< The X-Session-Id field; empty: there is none.
  std::string authorization;  ///< The Authorization field; empty: there is none.
  std::string body;

  const TurnFields& turn_fields() const;
  /// To be filled in.
  TurnFields& make_turn_fields();

  void clear();

  /// Clears it and gives the strings' memory back.
  void release();

 private:
  /// One at most: few requests have them, and the many connections that wait need no room for them.
  std::vector<TurnFields> turn_fields_;
};

/// A request with its target taken apart, as handlers see it. Reused as the request is.
struct Arguments {
  Target target;
  std::string session_id;  ///< A variable part of the path, for the routes that have it.
  std::string user_id;     ///< The same,
  std::string turn_id;     ///< and this;
  std::string item_id;     ///< as are these two, which the handler looks into.
  std::string response_id;

  void clear();

  /// Null if the parameter is not given.
  const std::string* query(std::string_view name) const;
};

}  // namespace chatsync::http

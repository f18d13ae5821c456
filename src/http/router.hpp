#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "http/api_keys.hpp"
#include "http/http_error.hpp"
#include "http/request.hpp"
#include "http/route_table.hpp"

namespace chatsync::http {

/// What is to be done with a request.
struct Dispatch {
  const Route* route = nullptr;    ///< Run its handler; null: the reply is decided already.
  std::size_t slot = kRouteCount;  ///< The first route of the path, for metrics; kRouteCount: no such path.
  std::optional<HttpError> error;  ///< Neither route nor error: 204, the reply to OPTIONS.
  std::string allow;               ///< The Allow field for OPTIONS and 405.
};

/// See authorize().
void require_key(Dispatch& found, const Request& request, const ApiKeys& keys, Caller& caller);

/// Takes the request's target apart into `arguments` and finds the route. Checks what is the same for all:
/// path, method, Content-Type, names of query parameters, form of the session id. No I/O.
Dispatch dispatch(const Request& request, Arguments& arguments);

/// Makes a dispatch a 401 if its route needs a key and the request shows none of `keys`; otherwise `caller`
/// becomes who is asking. Costs nothing where there are no keys.
inline void authorize(Dispatch& found, const Request& request, const ApiKeys& keys, Caller& caller) {
  if (!keys.empty()) require_key(found, request, keys, caller);
}

}  // namespace chatsync::http

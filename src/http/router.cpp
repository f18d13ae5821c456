#include "http/router.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "chat/ids.hpp"

namespace chatsync::http {
namespace {

bool is_variable(std::string_view pattern_segment) { return pattern_segment.starts_with('{'); }

bool matches(std::string_view path, const Target& target) {
  std::size_t segment = 0;
  path.remove_prefix(1);
  for (;; ++segment) {
    if (segment == target.segment_count) return false;
    const std::size_t slash = path.find('/');
    const std::string_view expected = path.substr(0, slash);
    const std::string& actual = target.segments[segment];
    if (is_variable(expected) ? actual.empty() : actual != expected) return false;
    if (slash == std::string_view::npos) return segment + 1 == target.segment_count;
    path.remove_prefix(slash + 1);
  }
}

bool serves(const Route& route, Method method) {
  return route.method == (method == Method::head ? Method::get : method);
}

void allow_method(std::string& allow, Method method) {
  if (!allow.empty()) allow += ", ";
  allow += to_string(method);
  if (method == Method::get) allow += ", HEAD";
}

/// The methods of all routes whose path is that of `slot`; for the server as a whole, of all routes.
std::string allowed_methods(std::optional<std::string_view> path) {
  std::string allow;
  for (const Method method : {Method::get, Method::post, Method::put, Method::del}) {
    const auto serves_it = [&](const Route& route) {
      return route.method == method && (!path || route.path == *path);
    };
    if (std::ranges::any_of(routes(), serves_it)) allow_method(allow, method);
  }
  allow_method(allow, Method::options);
  return allow;
}

/// The segment that stands where the variable does in the route's path; null if the path has no such
/// variable.
const std::string* segment_of(const Route& route, const Target& target, std::string_view variable) {
  const std::size_t at = route.path.find(variable);
  if (at == std::string_view::npos) return nullptr;
  const auto slashes = std::ranges::count(route.path.substr(0, at), '/');
  return &target.segments[static_cast<std::size_t>(slashes) - 1];
}

std::optional<HttpError> bad_id(std::string expected, std::string param) {
  return to_http_error({ErrorKind::invalid_argument, "expected " + expected, {}, std::move(param)});
}

/// Takes the variable parts out of the path.
std::optional<HttpError> check_ids(const Route& route, Arguments& arguments) {
  if (route.path.find('{') == std::string_view::npos) return std::nullopt;
  const Target& target = arguments.target;
  for (const std::string_view name : {"session_id", "conversation_id"}) {
    const std::string* id = segment_of(route, target, "{" + std::string(name) + "}");
    if (id == nullptr) continue;
    if (!is_session_id(*id)) return bad_id("[A-Za-z0-9._-]{1,64}", std::string(name));
    arguments.session_id = *id;
  }
  if (const std::string* id = segment_of(route, target, "{user_id}")) {
    if (!is_user_id(*id)) return bad_id("[A-Za-z0-9._:@+-]{1,128}", "user_id");
    arguments.user_id = *id;
  }
  if (const std::string* id = segment_of(route, target, "{turn_id}")) {
    if (!is_turn_id(*id)) return bad_id("[A-Za-z0-9._-]{1,64}", "turn_id");
    arguments.turn_id = *id;
  }
  if (const std::string* id = segment_of(route, target, "{item_id}")) arguments.item_id = *id;
  if (const std::string* id = segment_of(route, target, "{response_id}")) arguments.response_id = *id;
  return std::nullopt;
}

std::optional<HttpError> check_query(const Route& route, const Target& target) {
  for (const QueryArgument& argument : target.query) {
    if (!argument.name.empty() && std::ranges::find(route.query, argument.name) != route.query.end())
      continue;
    return to_http_error({ErrorKind::invalid_argument, "the query parameter is unknown here",
                          "unknown_parameter", argument.name.empty() ? "query" : argument.name});
  }
  return std::nullopt;
}

std::optional<HttpError> check(const Route& route, const Request& request, Arguments& arguments) {
  if (auto error = check_ids(route, arguments)) return error;
  if (auto error = check_query(route, arguments.target)) return error;
  if (route.reads_json && request.body_type == BodyType::other) {
    return protocol_error(415, "the Content-Type must be application/json in UTF-8");
  }
  return std::nullopt;
}

}  // namespace

void require_key(Dispatch& found, const Request& request, const ApiKeys& keys, Caller& caller) {
  if (found.route != nullptr && !found.route->needs_key) return;
  if (const auto known = keys.find(request.authorization)) {
    caller = *known;
    return;
  }
  const bool none = request.authorization.empty();
  found.route = nullptr;
  found.allow.clear();
  found.error = HttpError{.status = 401,
                          .message = none ? "a key is needed: send Authorization: Bearer and one of API_KEYS"
                                          : "the key is not one of API_KEYS",
                          .code = none ? "missing_api_key" : "invalid_api_key"};
}

Dispatch dispatch(const Request& request, Arguments& arguments) {
  Dispatch result;
  arguments.clear();
  if (auto parsed = parse_target(request.target, arguments.target); !parsed) {
    result.error = to_http_error(std::move(parsed).error());
    return result;
  }
  const Target& target = arguments.target;
  if (target.asterisk && request.method == Method::options) {
    result.allow = allowed_methods(std::nullopt);
    return result;
  }
  for (std::size_t i = 0; i < kRouteCount; ++i) {
    const Route& route = routes()[i];
    if (target.asterisk || !matches(route.path, target)) continue;
    result.slot = std::min(result.slot, i);
    if (!serves(route, request.method)) continue;
    result.error = check(route, request, arguments);
    if (!result.error) result.route = &route;
    return result;
  }
  if (result.slot == kRouteCount) {
    result.error = protocol_error(404, "there is nothing at this path: see /openapi.json");
    return result;
  }
  result.allow = allowed_methods(routes()[result.slot].path);
  if (request.method != Method::options) {
    result.error = protocol_error(405, "the method is not allowed here: use " + result.allow);
  }
  return result;
}

}  // namespace chatsync::http

#include "http/request.hpp"

#include <algorithm>

namespace chatsync::http {

void Request::clear() {
  method = Method::other;
  http_1_0 = false;
  keep_alive = false;
  expects_continue = false;
  body_type = BodyType::unstated;
  target.clear();
  request_id.clear();
  session_id.clear();
  authorization.clear();
  last_event_id.clear();
  idempotency_key.clear();
  on_busy.clear();
  body.clear();
}

void Request::release() {
  clear();
  // Assigning an empty string would keep the memory.
  target.shrink_to_fit();
  last_event_id.shrink_to_fit();
  idempotency_key.shrink_to_fit();
  body.shrink_to_fit();
}

const std::string* Arguments::query(std::string_view name) const {
  const auto found = std::ranges::find(target.query, name, &QueryArgument::name);
  return found == target.query.end() ? nullptr : &found->value;
}

}  // namespace chatsync::http

#include "http/request.hpp"

#include <algorithm>

namespace chatsync::http {

const TurnFields& Request::turn_fields() const {
  static const TurnFields kNone;
  return turn_fields_.empty() ? kNone : turn_fields_.front();
}

TurnFields& Request::make_turn_fields() {
  if (turn_fields_.empty()) turn_fields_.emplace_back();
  return turn_fields_.front();
}

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
  body.clear();
  turn_fields_.clear();
}

void Request::release() {
  clear();
  // Assigning an empty string would keep the memory.
  target.shrink_to_fit();
  turn_fields_.shrink_to_fit();
  body.shrink_to_fit();
}

void Arguments::clear() {
  target.clear();
  for (std::string* part : {&session_id, &user_id, &turn_id, &item_id, &response_id}) part->clear();
}

const std::string* Arguments::query(std::string_view name) const {
  const auto found = std::ranges::find(target.query, name, &QueryArgument::name);
  return found == target.query.end() ? nullptr : &found->value;
}

}  // namespace chatsync::http

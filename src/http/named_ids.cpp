#include "http/named_ids.hpp"

#include <utility>

#include "chat/ids.hpp"

namespace chatsync::http {
namespace {

std::unexpected<Error> bad_id(const std::string& expected, std::string field) {
  return fail(ErrorKind::invalid_argument, "expected " + expected, "invalid_value", std::move(field));
}

}  // namespace

Result<std::string> named_session(const Request& request, std::string in_metadata) {
  if (!request.session_id.empty()) return named_session_in("X-Session-Id", request.session_id);
  return named_session_in("metadata.session_id", std::move(in_metadata));
}

Result<std::string> named_session_in(std::string field, std::string text) {
  if (text.empty() || is_session_id(text)) return text;
  return bad_id("[A-Za-z0-9._-]{1,64}", std::move(field));
}

Result<std::string> named_user_in(std::string field, std::string text) {
  if (text.empty() || is_user_id(text)) return text;
  return bad_id("[A-Za-z0-9._:@+-]{1,128}", std::move(field));
}

}  // namespace chatsync::http

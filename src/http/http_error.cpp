#include "http/http_error.hpp"

#include <string_view>
#include <utility>

#include "chat/turn_json.hpp"

namespace chatsync::http {
namespace {

struct KindRow {
  int status;
  std::string_view code;
};

KindRow row_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return {400, "invalid_value"};
    case ErrorKind::not_found:
      return {404, "not_found"};
    case ErrorKind::gone:
      return {410, "gone"};
    case ErrorKind::conflict:
      return {409, "conflict"};
    case ErrorKind::unavailable:
      return {503, "unavailable"};
    case ErrorKind::outcome_unknown:
      return {503, "outcome_unknown"};
    case ErrorKind::overloaded:
      return {503, "overloaded"};
    case ErrorKind::rejected:
      return {500, "rejected"};
    case ErrorKind::model_failed:
      return {502, "model_failed"};
    case ErrorKind::model_timeout:
      return {504, "model_timeout"};
    case ErrorKind::model_refused:
      return {400, "model_refused"};
    case ErrorKind::internal:
      break;
  }
  return {500, "internal_error"};
}

std::string_view code_of(int status) {
  switch (status) {
    case 400:
      return "bad_request";
    case 401:
      return "invalid_api_key";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 408:
      return "request_timeout";
    case 413:
      return "body_too_large";
    case 415:
      return "unsupported_media_type";
    case 417:
      return "expectation_failed";
    case 431:
      return "header_too_large";
    case 501:
      return "not_implemented";
    case 503:
      return "overloaded";
    case 505:
      return "http_version_not_supported";
    default:
      return "internal_error";
  }
}

std::string_view type_of(int status) {
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

}  // namespace

HttpError to_http_error(Error error) {
  const KindRow row = row_of(error.kind);
  HttpError result{error.status != 0 ? error.status : row.status, std::move(error.message),
                   std::move(error.code), std::move(error.param), error.retry_after_s};
  if (result.code.empty()) result.code = row.code;
  return result;
}

HttpError protocol_error(int status, std::string message) {
  return {status, std::move(message), std::string(code_of(status)), {}, 0};
}

void append_error_body(std::string& out, const HttpError& error, std::optional<std::size_t> pending) {
  out += R"({"error":{"message":)";
  append_json_string(out, error.message);
  out += R"(,"type":")";
  out += type_of(error.status);
  out += R"(","param":)";
  if (error.param.empty()) {
    out += "null";
  } else {
    append_json_string(out, error.param);
  }
  out += R"(,"code":)";
  append_json_string(out, error.code);
  if (pending) {
    out += R"(,"pending":)";
    out += std::to_string(*pending);
  }
  out += "}}";
}

}  // namespace chatsync::http

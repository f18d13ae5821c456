#include "http/beast_request.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "http/field_values.hpp"

namespace chatsync::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Method method_from(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::get;
    case beast_http::verb::head:
      return Method::head;
    case beast_http::verb::post:
      return Method::post;
    case beast_http::verb::put:
      return Method::put;
    case beast_http::verb::delete_:
      return Method::del;
    case beast_http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

}  // namespace

BeastRequest::BeastRequest(const ParserLimits& limits, Request& request, std::unique_ptr<HttpError>& failure)
    : request_(request), failure_(failure), max_extension_bytes_(limits.max_header_bytes) {
  header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
  body_limit(limits.max_body_bytes);
  eager(true);
}

void BeastRequest::explain(ErrorCode code) {
  if (explained_) return;
  if (code == beast_http::error::body_limit) {
    failure_ = std::make_unique<HttpError>(protocol_error(413, "the body of the request is too large"));
  } else {
    failure_ =
        std::make_unique<HttpError>(protocol_error(400, "the request is not valid HTTP: " + code.message()));
  }
}

void BeastRequest::refuse(int status, const char* message, ErrorCode& code) {
  failure_ = std::make_unique<HttpError>(protocol_error(status, message));
  explained_ = true;
  code = beast_http::error::bad_value;
}

void BeastRequest::on_request_impl(beast_http::verb verb, BeastView /*method*/, BeastView target, int version,
                                   ErrorCode& /*code*/) {
  request_.method = method_from(verb);
  request_.target.assign(target.data(), target.size());
  request_.http_1_0 = version == 10;
}

void BeastRequest::on_response_impl(int /*status*/, BeastView /*reason*/, int /*version*/,
                                    ErrorCode& /*code*/) {}

void BeastRequest::on_field_impl(beast_http::field field, BeastView name, BeastView raw_value,
                                 ErrorCode& code) {
  // Trailer fields come here too; none of them means anything to us.
  if (is_header_done()) return;
  const std::string_view value = view(raw_value);
  switch (field) {
    case beast_http::field::host:
      if (std::exchange(has_host_, true)) return refuse(400, "the request has two Host fields", code);
      if (!is_host(value)) refuse(400, "the Host field is malformed", code);
      return;
    case beast_http::field::content_length:
      return read_content_length(value, code);
    case beast_http::field::transfer_encoding:
      return read_transfer_encoding(value, code);
    case beast_http::field::expect:
      if (!equals_ignoring_case(value, "100-continue")) {
        return refuse(417, "the only expectation that can be met is 100-continue", code);
      }
      request_.expects_continue = !request_.http_1_0;
      return;
    case beast_http::field::content_type:
      request_.body_type = std::exchange(has_content_type_, true) ? BodyType::other : body_type_of(value);
      return;
    case beast_http::field::authorization:
      if (!request_.authorization.empty()) {
        return refuse(400, "the request has two Authorization fields", code);
      }
      request_.authorization.assign(value);
      return;
    case beast_http::field::content_encoding:
      if (!equals_ignoring_case(value, "identity")) {
        refuse(415, "compressed bodies are not accepted: leave Content-Encoding out", code);
      }
      return;
    default:
      if (equals_ignoring_case(view(name), "x-request-id") && is_request_id(value)) {
        request_.request_id.assign(value);
      } else if (equals_ignoring_case(view(name), "x-session-id")) {
        request_.session_id.assign(value);
      } else if (equals_ignoring_case(view(name), "last-event-id")) {
        request_.make_turn_fields().last_event_id.assign(value);
      } else if (equals_ignoring_case(view(name), "idempotency-key")) {
        if (!request_.turn_fields().idempotency_key.empty()) {
          return refuse(400, "the request has two Idempotency-Key fields", code);
        }
        request_.make_turn_fields().idempotency_key.assign(value);
      } else if (equals_ignoring_case(view(name), "x-on-busy")) {
        request_.make_turn_fields().on_busy.assign(value);
      }
      return;
  }
}

void BeastRequest::read_content_length(std::string_view value, ErrorCode& code) {
  // Beast takes equal lengths twice, and a list of them; a proxy in front may have taken another one.
  if (std::exchange(has_content_length_, true))
    return refuse(400, "the request has two Content-Length fields", code);
  const bool number = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (!number) refuse(400, "Content-Length is not a number", code);
}

void BeastRequest::read_transfer_encoding(std::string_view value, ErrorCode& code) {
  if (request_.http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding", code);
  if (std::exchange(has_transfer_encoding_, true))
    return refuse(400, "the request has two Transfer-Encoding fields", code);
  if (equals_ignoring_case(value, "chunked")) return;
  // Beast would see no body where chunked is not the last coding, and read the body as the next request.
  const std::size_t comma = value.find_last_of(", \t");
  const bool chunked_last =
      comma != std::string_view::npos && equals_ignoring_case(value.substr(comma + 1), "chunked");
  refuse(chunked_last ? 501 : 400, "the only Transfer-Encoding understood is chunked", code);
}

void BeastRequest::on_header_impl(ErrorCode& code) {
  if (!request_.http_1_0 && !has_host_) return refuse(400, "the request has no Host field", code);
  request_.keep_alive = keep_alive();
}

void BeastRequest::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& /*code*/) {
  // Memory follows what is really sent, beyond what a usual body needs.
  constexpr std::uint64_t kTrusted = 64 * 1024;
  if (length) request_.body.reserve(std::min(*length, kTrusted));
}

std::size_t BeastRequest::on_body_impl(BeastView body, ErrorCode& /*code*/) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void BeastRequest::on_chunk_header_impl(std::uint64_t /*size*/, BeastView extensions, ErrorCode& code) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > max_extension_bytes_) {
    return refuse(400, "the chunk extensions of the request are too long", code);
  }
  // Beast takes any byte in a quoted value; one that ends lines at a bare LF reads another request.
  const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; };
  if (std::ranges::any_of(extensions, control)) refuse(400, "a chunk extension is malformed", code);
}

std::size_t BeastRequest::on_chunk_body_impl(std::uint64_t /*remaining*/, BeastView body, ErrorCode& code) {
  return on_body_impl(body, code);
}

void BeastRequest::on_finish_impl(ErrorCode& /*code*/) {}

}  // namespace chatsync::http

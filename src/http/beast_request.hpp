#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request.hpp"
#include "http/request_parser.hpp"

namespace chatsync::http {

/// Beast's parser for one request, which writes into `request` and puts the reason of a refusal into
/// `failure`. It is handed whole headers (see HeaderScanner). Where Beast takes more than RFC 9112 allows, or
/// more than an intermediary may have understood the same way, the callbacks refuse.
class BeastRequest final : public boost::beast::http::basic_parser<true> {
 public:
  BeastRequest(const ParserLimits& limits, Request& request, std::unique_ptr<HttpError>& failure);

  /// Makes `failure` say what `code` means, unless a callback has said it.
  void explain(boost::beast::error_code code);

 private:
  using ErrorCode = boost::beast::error_code;
  using BeastView = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, BeastView method, BeastView target, int version,
                       ErrorCode& code) override;
  void on_response_impl(int status, BeastView reason, int version, ErrorCode& code) override;
  void on_field_impl(boost::beast::http::field field, BeastView name, BeastView value,
                     ErrorCode& code) override;
  void on_header_impl(ErrorCode& code) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& code) override;
  std::size_t on_body_impl(BeastView body, ErrorCode& code) override;
  void on_chunk_header_impl(std::uint64_t size, BeastView extensions, ErrorCode& code) override;
  std::size_t on_chunk_body_impl(std::uint64_t remaining, BeastView body, ErrorCode& code) override;
  void on_finish_impl(ErrorCode& code) override;

  void read_transfer_encoding(std::string_view value, ErrorCode& code);
  void read_content_length(std::string_view value, ErrorCode& code);
  void refuse(int status, const char* message, ErrorCode& code);

  Request& request_;
  std::unique_ptr<HttpError>& failure_;
  std::size_t max_extension_bytes_;
  std::size_t extension_bytes_ = 0;
  bool has_host_ = false;
  bool has_content_length_ = false;
  bool has_content_type_ = false;
  bool has_transfer_encoding_ = false;
  bool explained_ = false;
};

}  // namespace chatsync::http

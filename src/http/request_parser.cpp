#include "http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "http/beast_request.hpp"
#include "http/header_scanner.hpp"

namespace chatsync::http {
namespace {

/// `0 CRLF CRLF`. A chunked body has at least that to come until it is complete, and Beast asserts so when
/// it is called in the middle of its last line.
constexpr std::size_t kShortestChunkedEnd = 5;

const char* complaint(HeaderScanner::Verdict verdict) {
  switch (verdict) {
    case HeaderScanner::Verdict::bare_lf:
      return "a line of the header does not end with CRLF";
    case HeaderScanner::Verdict::stray_cr:
      return "the header has a CR that ends no line";
    case HeaderScanner::Verdict::zero_byte:
      return "the header has a zero byte";
    case HeaderScanner::Verdict::folded_line:
      return "the header has a folded line";
    default:
      return "";
  }
}

/// Whether the request line ends with a well-formed version that is not one of ours.
bool states_another_version(std::string_view header) {
  const std::string_view line = header.substr(0, header.find('\r'));
  if (line.size() < 9) return false;
  const std::string_view version = line.substr(line.size() - 9);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool formed =
      version.starts_with(" HTTP/") && digit(version[6]) && version[7] == '.' && digit(version[8]);
  return formed && version != " HTTP/1.0" && version != " HTTP/1.1";
}

}  // namespace

struct RequestParser::Impl {
  explicit Impl(ParserLimits given) : limits(given) {}

  Step refuse(int status, std::string message) {
    failure = std::make_unique<HttpError>(protocol_error(status, std::move(message)));
    return {Event::refused, 0};
  }

  Step read_header(std::string_view data) {
    std::size_t skipped = 0;
    for (;;) {
      const std::string_view header = data.substr(skipped);
      const HeaderScanner::Verdict verdict = scanner.scan(header);
      if (verdict == HeaderScanner::Verdict::incomplete) {
        if (header.size() > limits.max_header_bytes)
          return refuse(431, "the header of the request is too large");
        return {Event::need_more, skipped};
      }
      if (verdict != HeaderScanner::Verdict::complete) return refuse(400, complaint(verdict));
      const std::size_t bytes = scanner.header_bytes();
      if (bytes > limits.max_header_bytes) return refuse(431, "the header of the request is too large");
      if (bytes == 2) {
        // An empty line before the request line, as some old clients put behind a body.
        skipped += bytes;
        scanner.reset();
        continue;
      }
      return parse_header(header.substr(0, bytes), skipped + bytes);
    }
  }

  Step parse_header(std::string_view header, std::size_t taken) {
    boost::beast::error_code code;
    parser.emplace(limits, request, failure);
    parser->put(boost::asio::buffer(header), code);
    if (code == boost::beast::http::error::bad_version && states_another_version(header)) {
      return refuse(505, "the HTTP versions understood are 1.0 and 1.1");
    }
    if (code) {
      parser->explain(code);
      return {Event::refused, taken};
    }
    return {parser->is_done() ? Event::complete : Event::header, taken};
  }

  Step read_body(std::string_view data) {
    std::size_t taken = 0;
    const std::size_t least = parser->chunked() ? kShortestChunkedEnd : 1;
    while (data.size() - taken >= least && !parser->is_done()) {
      boost::beast::error_code code;
      taken += parser->put(boost::asio::buffer(data.substr(taken)), code);
      if (code == boost::beast::http::error::need_more) break;
      if (code) {
        parser->explain(code);
        return {Event::refused, taken};
      }
    }
    if (parser->is_done()) return {Event::complete, taken};
    // What is not taken is the line of a chunk or the trailer.
    if (data.size() - taken > limits.max_header_bytes)
      return refuse(431, "the trailer of the request is too large");
    return {Event::need_more, taken};
  }

  const ParserLimits limits;
  Request request;
  std::unique_ptr<HttpError> failure;  ///< Idle connections have no room for what few requests need.
  HeaderScanner scanner;
  std::optional<BeastRequest> parser;
};

RequestParser::RequestParser(ParserLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::advance(std::string_view data) {
  return impl_->parser ? impl_->read_body(data) : impl_->read_header(data);
}

Request& RequestParser::request() { return impl_->request; }
const HttpError& RequestParser::failure() const { return *impl_->failure; }
bool RequestParser::in_body() const { return impl_->parser.has_value(); }

void RequestParser::next() {
  impl_->parser.reset();
  impl_->scanner.reset();
  impl_->request.clear();
}

}  // namespace chatsync::http

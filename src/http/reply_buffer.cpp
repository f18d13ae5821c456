#include "http/reply_buffer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace chatsync::http {
namespace {

constexpr std::size_t kHeadRoom = 768;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 504:
      return "Gateway Timeout";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

/// Text of bounded length without an allocation.
class HeadText {
 public:
  HeadText& operator<<(std::string_view piece) {
    text_.append(piece.data(), piece.data() + piece.size());
    return *this;
  }
  HeadText& operator<<(std::size_t number) {
    const fmt::format_int digits(number);
    return *this << std::string_view(digits.data(), digits.size());
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  fmt::basic_memory_buffer<char, kHeadRoom> text_;
};

void write_head(HeadText& out, const ReplyHead& head, std::size_t body_bytes) {
  out << "HTTP/1.1 " << static_cast<std::size_t>(head.status) << " " << reason_of(head.status) << "\r\n";
  if (head.status != 204) {
    out << "Content-Type: " << head.media_type << "\r\n";
    // Neither a cache nor a proxy shall hold events back.
    if (head.media_type.starts_with("text/event-stream")) {
      out << "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";
    }
    if (head.body_end == BodyEnd::length) out << "Content-Length: " << body_bytes << "\r\n";
    if (head.body_end == BodyEnd::chunk) out << "Transfer-Encoding: chunked\r\n";
  }
  out << "Date: " << head.date << "\r\nx-request-id: " << head.request_id << "\r\n";
  if (!head.location.empty()) out << "Location: " << head.location << "\r\n";
  if (head.replayed) out << "Idempotency-Replayed: true\r\n";
  if (!head.allow.empty()) out << "Allow: " << head.allow << "\r\n";
  if (head.status == 401) out << "WWW-Authenticate: Bearer realm=\"chatsync\"\r\n";
  if (head.retry_after_s > 0) {
    out << "Retry-After: " << static_cast<std::size_t>(head.retry_after_s) << "\r\n";
  } else if (head.status == 429 || head.status == 503) {
    out << "Retry-After: 1\r\n";
  }
  if (!head.keep_alive) {
    out << "Connection: close\r\n";
  } else if (head.http_1_0) {
    out << "Connection: keep-alive\r\n";
  }
  out << "\r\n";
}

/// Makes the body in `text` one chunk, whose length goes to `out`. An empty one stays nothing at all: as a
/// chunk it would end the whole body.
void write_chunk_frame(HeadText& out, std::string& text) {
  const std::size_t bytes = text.size() - kHeadRoom;
  if (bytes == 0) return;
  out << fmt::format("{:x}\r\n", bytes);
  text += "\r\n";
}

}  // namespace

std::string& ReplyBuffer::begin_body() {
  text_.resize(kHeadRoom);
  return text_;
}

std::string_view ReplyBuffer::finish(const ReplyHead& head) {
  HeadText written;
  write_head(written, head, text_.size() - kHeadRoom);
  if (head.head_only || head.status == 204) text_.resize(kHeadRoom);
  if (head.body_end == BodyEnd::chunk) write_chunk_frame(written, text_);
  return put_before_body(written.view());
}

std::string_view ReplyBuffer::finish_piece(BodyEnd body_end) {
  HeadText written;
  if (body_end == BodyEnd::chunk) write_chunk_frame(written, text_);
  return put_before_body(written.view());
}

std::string_view ReplyBuffer::put_before_body(std::string_view text) {
  // Every field is bounded well below the room; a head that is not would still be sent whole.
  if (text.size() > kHeadRoom) text_.insert(0, text.size() - kHeadRoom, ' ');
  const std::size_t room = std::max(text.size(), kHeadRoom);
  text_.replace(room - text.size(), text.size(), text);
  return std::string_view(text_).substr(room - text.size());
}

void ReplyBuffer::release() { std::string().swap(text_); }

std::string http_date(std::int64_t timestamp_us) {
  const std::chrono::sys_seconds seconds(
      std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(timestamp_us)));
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace chatsync::http

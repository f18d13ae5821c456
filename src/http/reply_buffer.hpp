#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chatsync::http {

/// How the client learns where the body ends.
enum class BodyEnd {
  length,  ///< By its length: the body is whole.
  chunk,   ///< By the last chunk.
  close,   ///< By the end of the connection.
};

/// What ends a body sent in chunks.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// The head of a reply. The views must live until ReplyBuffer::finish() has returned.
struct ReplyHead {
  int status = 200;
  std::string_view media_type;  ///< Not sent without a body.
  std::string_view request_id;  ///< At most 128 bytes.
  std::string_view date;        ///< In the form of HTTP.
  std::string_view location;    ///< Empty: none. At most 128 bytes, as `allow`.
  std::string_view allow;       ///< Empty: none.
  bool replayed = false;        ///< Says so by Idempotency-Replayed.
  int retry_after_s = 0;        ///< 0: none, but for 429 and 503, which always have one.
  BodyEnd body_end = BodyEnd::length;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool head_only = false;  ///< HEAD: the length of the body is told, the body not sent.
};

/// A whole reply in one piece of memory. The head, whose length of the body is known last, is put into the
/// room left free before the body, so that nothing is copied and one write sends all.
class ReplyBuffer {
 public:
  /// Empties the buffer and returns it for the body to be appended to. Also after a part of a body is there.
  std::string& begin_body();

  /// Puts the head before the body and returns both, which stay until the next call of begin_body() or
  /// release(). Takes 204 to have no body. Unless the body ends by its length, more of it may follow.
  std::string_view finish(const ReplyHead& head);

  /// Makes the body a further piece of one whose head has been sent; empty if there is nothing in it. Stays
  /// as long as the result of finish().
  std::string_view finish_piece(BodyEnd body_end);

  /// Gives the memory back.
  void release();

 private:
  std::string_view put_before_body(std::string_view text);

  std::string text_;
};

/// The form of dates in HTTP: `Mon, 23 Nov 2026 03:32:00 GMT`.
std::string http_date(std::int64_t timestamp_us);

}  // namespace chatsync::http

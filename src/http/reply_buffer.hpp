#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chatsync::http {

/// The head of a reply. The views must live until ReplyBuffer::finish() has returned.
struct ReplyHead {
  int status = 200;
  std::string_view media_type;  ///< Not sent without a body.
  std::string_view request_id;  ///< At most 128 bytes.
  std::string_view date;        ///< In the form of HTTP.
  std::string_view location;    ///< Empty: none. At most 128 bytes, as `allow`.
  std::string_view allow;       ///< Empty: none.
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
  /// release(). Takes 204 to have no body.
  std::string_view finish(const ReplyHead& head);

  /// Gives the memory back.
  void release();

 private:
  std::string text_;
};

/// The form of dates in HTTP: `Mon, 23 Nov 2026 03:32:00 GMT`.
std::string http_date(std::int64_t timestamp_us);

}  // namespace chatsync::http

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync::answer {

/// Takes a stream of server-sent events (`text/event-stream`) apart, in whatever pieces it comes. Of each
/// event only the data are kept: the model servers of OpenAI's form name no events. No I/O.
class SseParser {
 public:
  void feed(std::string_view bytes);

  /// The data of the next whole event; nothing if none is there yet.
  std::optional<std::string> next();

 private:
  void end_line();

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
  std::deque<std::string> events_;
};

}  // namespace chatsync::answer

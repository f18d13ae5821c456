#pragma once

#include <boost/json.hpp>
#include <stdexcept>
#include <string>

namespace chatsync::test {

/// A request as it goes over the wire, for clients that read the reply bit by bit.
inline std::string request_bytes(const std::string& head_line, const std::string& header_lines,
                                 const std::string& body = {}) {
  return head_line + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + header_lines +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The JSON of the last event of this name.
inline boost::json::object data_of(const std::string& events, const std::string& name) {
  const std::string before = "event: " + name + "\ndata: ";
  const std::size_t begin = events.rfind(before);
  if (begin == std::string::npos) throw std::runtime_error("no event " + name + " in " + events);
  const std::size_t data = begin + before.size();
  return boost::json::parse(events.substr(data, events.find('\n', data) - data)).as_object();
}

/// The text of all `delta` events.
inline std::string text_of(const std::string& events) {
  std::string text;
  const std::string before = "event: delta\ndata: ";
  for (std::size_t at = events.find(before); at != std::string::npos; at = events.find(before, at)) {
    at += before.size();
    text += boost::json::parse(events.substr(at, events.find('\n', at) - at)).at("text").as_string();
  }
  return text;
}

}  // namespace chatsync::test

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.hpp"

namespace chatsync::http {

/// What a parser made of some bytes.
struct Parsed {
  std::vector<Request> requests;
  int refused = 0;  ///< The status of the refusal; 0: none.
  std::string code;
  std::string message;
  std::string rest;  ///< What was not used up.
};

/// Feeds `bytes` to a parser in pieces of `piece_bytes`, as a connection would.
inline Parsed parse(std::string_view bytes, std::size_t piece_bytes = std::string_view::npos,
                    ParserLimits limits = {.max_header_bytes = 1024, .max_body_bytes = 4096}) {
  RequestParser parser(limits);
  Parsed result;
  while (true) {
    const RequestParser::Step step = parser.advance(result.rest);
    result.rest.erase(0, step.taken);
    switch (step.event) {
      case RequestParser::Event::need_more:
        if (bytes.empty()) return result;
        result.rest += bytes.substr(0, piece_bytes);
        bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
        break;
      case RequestParser::Event::header:
        break;
      case RequestParser::Event::complete:
        result.requests.push_back(parser.request());
        parser.next();
        break;
      case RequestParser::Event::refused:
        result.refused = parser.failure().status;
        result.code = parser.failure().code;
        result.message = parser.failure().message;
        return result;
    }
  }
}

/// Expects `bytes` to be refused with `status` before any request of it is handed out, however they are cut.
inline void expect_refused(std::string_view bytes, int status = 400) {
  for (const std::size_t piece : {std::string_view::npos, std::size_t{1}, std::size_t{7}}) {
    const Parsed parsed = parse(bytes, piece);
    EXPECT_EQ(parsed.refused, status) << bytes << "\nin pieces of " << piece << ": " << parsed.message;
    EXPECT_TRUE(parsed.requests.empty()) << bytes;
  }
}

}  // namespace chatsync::http

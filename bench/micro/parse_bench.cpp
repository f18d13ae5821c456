#include <benchmark/benchmark.h>

#include <string>

#include "http/body_fields.hpp"
#include "http/header_scanner.hpp"
#include "http/request_parser.hpp"
#include "micro/sample_turn.hpp"

namespace chatsync::bench {
namespace {

/// From the bytes of a request to its body as text, on a connection that stays open.
void parse_request(benchmark::State& state) {
  const std::string bytes = sample_request("bench-4711");
  http::RequestParser parser{http::ParserLimits{}};
  for (auto _ : state) {
    std::string_view left = bytes;
    for (;;) {
      const http::RequestParser::Step step = parser.advance(left);
      left.remove_prefix(step.taken);
      if (step.event == http::RequestParser::Event::complete) break;
      if (step.event != http::RequestParser::Event::header) {
        state.SkipWithError("the request is not whole");
        return;
      }
    }
    benchmark::DoNotOptimize(parser.request().body.data());
    parser.next();
  }
}
BENCHMARK(parse_request);

/// The part of parse_request that looks for the end of the header.
void scan_header(benchmark::State& state) {
  const std::string bytes = sample_request("bench-4711");
  http::HeaderScanner scanner;
  for (auto _ : state) {
    benchmark::DoNotOptimize(scanner.scan(bytes));
    scanner.reset();
  }
}
BENCHMARK(scan_header);

/// From the body to the fields the service is given.
void parse_body(benchmark::State& state) {
  const std::string body = sample_body("bench-4711");
  for (auto _ : state) {
    const auto request = http::parse_chat_request(body);
    if (!request) {
      state.SkipWithError("the body was refused");
      return;
    }
    benchmark::DoNotOptimize(request->message.data());
  }
}
BENCHMARK(parse_body);

}  // namespace
}  // namespace chatsync::bench

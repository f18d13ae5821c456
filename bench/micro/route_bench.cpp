#include <benchmark/benchmark.h>

#include <string>

#include "http/router.hpp"

namespace chatsync::bench {
namespace {

void route(benchmark::State& state, http::Method method, const std::string& target) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.body_type = http::BodyType::json;
  for (auto _ : state) {
    // Of each request its own, as in the connection.
    http::Arguments arguments;
    const http::Dispatch found = http::dispatch(request, arguments);
    if (found.route == nullptr) {
      state.SkipWithError("there is no such route");
      return;
    }
    benchmark::DoNotOptimize(found.route);
  }
}
BENCHMARK_CAPTURE(route, post_chat, http::Method::post, "/chat");
BENCHMARK_CAPTURE(route, get_messages, http::Method::get, "/sessions/bench-4711/messages?limit=50");

}  // namespace
}  // namespace chatsync::bench

#include <benchmark/benchmark.h>

#include <string>

#include "chat/turn.hpp"
#include "http/handler.hpp"
#include "http/json_text.hpp"
#include "http/reply_buffer.hpp"
#include "micro/sample_turn.hpp"

namespace chatsync::bench {
namespace {

/// The body of the reply to POST /chat, as its handler writes it, and the head before it.
void encode_chat_reply(benchmark::State& state) {
  const Turn turn = sample_turn();
  const std::string date = http::http_date(turn.timestamp_us);
  http::ReplyBuffer reply;
  for (auto _ : state) {
    std::string& out = reply.begin_body();
    http::append_text(out, R"({"session_id":)", turn.session_id);
    http::append_text(out, R"(,"turn_id":)", turn.turn_id);
    http::append_number(out, R"(,"question_count":)", *turn.seq);
    http::append_text(out, R"(,"answer":)", turn.answer);
    http::append_time(out, R"(,"created_at":)", turn.timestamp_us);
    http::append_text(out, R"(,"durability":)", "cached");
    out += '}';
    const std::string_view bytes =
        reply.finish({.media_type = http::kJson, .request_id = "bench-request-1", .date = date});
    benchmark::DoNotOptimize(bytes.data());
  }
}
BENCHMARK(encode_chat_reply);

/// One message of a page of messages.
void encode_message(benchmark::State& state) {
  const Turn turn = sample_turn();
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::append_message(out, turn);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_message);

}  // namespace
}  // namespace chatsync::bench

#include "run/rows.hpp"

#include <array>

namespace chatsync::bench {

std::span<const Row> rows() {
  static constexpr auto kRows = std::to_array<Row>({
      {"chat-64", "POST /chat over Redis, 64 connections, beside the bare loop", measure_chat_at_64},
      {"chat-256", "the same with 256 connections", measure_chat_at_256},
      {"sustained", "turns while drains keep up with them, beside the bare loop and the bare drain",
       measure_sustained},
      {"drain", "a backlog into MariaDB, beside the bare drain and the bare insert", measure_drain},
      {"synced", "turns that are committed in MariaDB before they are answered", measure_synced},
      {"embedded", "turns with the embedded cache and SQLite", measure_embedded},
      {"session-length", "a turn of a session of 100,000 turns, beside one of 10", measure_session_length},
      {"session-count", "a turn and a drain among a million sessions, beside a thousand",
       measure_session_count},
      {"reads", "the last turns from the cache, pages from the store", measure_reads},
      {"memory", "idle, under load, of idle connections, after a while", measure_memory},
      {"memory-hour", "growth of memory in an hour of load", measure_memory_for_an_hour, true},
      {"streams", "the first token of streamed answers beside the model server itself, memory of held ones",
       measure_streams},
      {"start", "from the start of the process to the first answer, embedded", measure_start},
  });
  return kRows;
}

}  // namespace chatsync::bench

#include "run/rows.hpp"

#include <array>

namespace chatsync::bench {

std::span<const Row> rows() {
  static constexpr auto kRows = std::to_array<Row>({
      {"chat-64", "POST /chat over Redis, 64 connections, beside the bare loop", measure_chat_at_64},
      {"chat-256", "the same with 256 connections", measure_chat_at_256},
  });
  return kRows;
}

}  // namespace chatsync::bench

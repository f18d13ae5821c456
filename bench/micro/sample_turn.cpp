#include "micro/sample_turn.hpp"

#include <fmt/format.h>

namespace chatsync::bench {

Turn sample_turn() {
  constexpr std::size_t kQuestionBytes = 237;
  Turn turn{.session_id = "bench-4711",
            .turn_id = "019c1f6e-7a3b-7c55-9d1e-5b0f3a2c8e71",
            .timestamp_us = 1'795'443'120'123'456,
            .seq = 7,
            .user_id = "1",
            .question = std::string(kQuestionBytes, 'q'),
            .model = "echo"};
  turn.answer = "Echo: " + turn.question;
  return turn;
}

std::string sample_body(std::string_view session_id) {
  return fmt::format(R"({{"session_id":"{}","message":"{}","durability":"cached"}})", session_id,
                     sample_turn().question);
}

std::string sample_request(std::string_view session_id) {
  const std::string body = sample_body(session_id);
  return fmt::format(
      "POST /chat HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

}  // namespace chatsync::bench

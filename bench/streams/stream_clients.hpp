#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace chatsync::bench {

/// A load of streamed answers on a server that speaks OpenAI's API.
struct StreamLoad {
  std::uint16_t port = 0;
  std::size_t streams = 1;  ///< Under way at a time, each on a connection and in a session of its own.
  std::chrono::milliseconds spread{0};    ///< Time over which the first ones begin.
  std::chrono::milliseconds duration{0};  ///< No answer is asked for later; 0: each stream asks for one.
  /// Called once, when every stream has shown its first token; with answers that are held, that is while all
  /// are open.
  std::function<void()> all_begun{};
};

/// Asks and reads every answer to its end, on this thread. Returns the time from each question to its first
/// token, in milliseconds and sorted. Throws if an answer is not 200, or breaks off.
std::vector<double> first_tokens_ms(const StreamLoad& load);

}  // namespace chatsync::bench

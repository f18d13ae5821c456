#pragma once

#include "test_cache/client_log.hpp"
#include "test_cache/options.hpp"
#include "test_cache/progress_board.hpp"

namespace chatsync::test_cache {

/// Client number `client` (from 1): sends `options.messages` questions with pauses between them,
/// all to one session, and returns what it saw. Blocks until done. An error reply fails one
/// message; without a sound reply the client gives up, since it cannot know what was recorded.
ClientLog send_questions(const Options& options, std::int64_t client, ProgressBoard& board);

/// All `options.parallel` clients at once, one thread each; draws the progress meanwhile.
std::vector<ClientLog> send_in_parallel(const Options& options, ProgressBoard& board);

}  // namespace chatsync::test_cache

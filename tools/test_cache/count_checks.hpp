#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test_cache/client_log.hpp"

namespace chatsync::test_cache {

/// The acknowledged turns of a session in the order the session should hold them: of a single
/// client as it saw them, of several merged by the count that each reply carried.
std::vector<Acknowledged> in_session_order(const SessionRun& run);

/// Questions whose request ended without a reply: each may or may not have become a turn.
std::vector<std::string> questions_of_unknown_outcome(const SessionRun& run);

/// Differences in what the replies say: every count is one more than that before, the session is
/// the same in all, and no turn id comes twice.
std::vector<std::string> check_replies(const SessionRun& run);

}  // namespace chatsync::test_cache

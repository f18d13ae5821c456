#pragma once

#include <string>
#include <vector>

#include "support/history.hpp"
#include "support/observation.hpp"

namespace chatsync::test {

/// All that is known of one session, for whoever looks for the cause of a violation: its calls in the order
/// in which they were made, and its rows in the order of their time stamps. A line each.
std::string story_of(const std::string& session_id, const std::vector<Call>& calls, const Observation& seen);

}  // namespace chatsync::test

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test_cache/client_log.hpp"

namespace chatsync::test_cache {

struct HistoryVerdict {
  std::int64_t expected = 0;  ///< turns that should be there
  std::int64_t in_place = 0;  ///< of these, at their place with their own texts
  std::vector<std::string> differences{};
};

/// Compares the history read back with the newest turns known: those before the run followed by
/// those acknowledged. A turn whose reply never came may stand anywhere among them.
HistoryVerdict check_history(const SessionRun& run, const std::vector<HistoryTurn>& found);

}  // namespace chatsync::test_cache

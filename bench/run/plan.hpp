#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace chatsync::bench {

/// What is asked of a run.
struct Plan {
  int rounds = 5;
  double seconds = 10;             ///< Of each load that is measured by time.
  double warm_up_seconds = 1;      ///< Of load before that.
  bool quick = false;              ///< Smaller backlogs and fewer sessions, too.
  std::vector<std::string> only;   ///< Names of rows; empty: all but those that are run on request.
  std::filesystem::path programs;  ///< Where the load and the yardsticks are.
  std::filesystem::path chatsync;  ///< The server under test.
  std::filesystem::path results;   ///< Where the files go.
};

}  // namespace chatsync::bench

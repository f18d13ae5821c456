#pragma once

#include <string>

namespace chatsync::bench {

/// What the figures were taken on, and how busy it was before they were.
struct Machine {
  unsigned cores = 0;
  std::string processor;
  std::string kernel;
  double load_average = 0;  ///< Of the last minute.
  double busy_share = 0;    ///< Of all cores, in the second before the run; steal counts.
  bool quiet = true;
};

/// Takes a second.
Machine look_at_machine();

}  // namespace chatsync::bench

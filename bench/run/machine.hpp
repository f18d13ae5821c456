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

/// Takes two gigabytes from the kernel and gives them back, or a quarter of what is available if that is
/// less. A virtual machine may get its memory from its host when it is first used, at several times the price
/// of memory that it has, and return what is free after some seconds: then programs that are measured would
/// pay for that, the one more than the other.
void touch_memory();

}  // namespace chatsync::bench

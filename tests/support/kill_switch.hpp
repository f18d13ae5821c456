#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/temp_dir.hpp"

namespace chatsync::test {

/// Makes a process kill itself with SIGKILL at one exact write to a file or a socket: an fsync, a rename and
/// the like count as well (support/kill_at_write). For any program that takes LD_PRELOAD.
class KillSwitch {
 public:
  /// What to start the process with. Until arm() it runs undisturbed.
  std::map<std::string, std::string> environment() const;

  /// From here on the process counts, and dies instead of doing its `number`th write (1 or more). `torn`:
  /// half of the bytes of that one are written. A process that was armed once takes no second order.
  void arm(std::uint64_t number, bool torn = false) const;

  /// What is started from here on counts nothing.
  void disarm() const;

 private:
  TempDir directory_;
};

}  // namespace chatsync::test

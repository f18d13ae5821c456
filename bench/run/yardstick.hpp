#pragma once

#include <memory>
#include <string>
#include <vector>

#include "run/lab.hpp"

namespace chatsync::bench {

struct Moved {
  double rows = 0;
  double seconds = 0;
  double cpu_us = 0;  ///< Of the process that moved them.

  double per_second() const { return rows / seconds; }
};

/// bare_drain or bare_insert as a process of its own, on a database of the lab.
class Yardstick {
 public:
  /// The arguments that name the database are added to `arguments`.
  Yardstick(Lab& lab, const std::string& program, const Database& database,
            std::vector<std::string> arguments);

  /// Waits for the end. Throws if it fails.
  Moved finish();
  /// Ends one that goes on until it is told.
  Moved stop();

 private:
  test::TempDir output_;
  std::unique_ptr<test::ChildProcess> process_;
};

/// A drain of everything that chatsync was given until then. Throws if it fails.
Moved sync_now(const test::ChatsyncProcess& chatsync);

}  // namespace chatsync::bench

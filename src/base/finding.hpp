#pragma once

#include <string>
#include <vector>

namespace chatsync {

/// Something about a server or a disk that the promises need otherwise.
struct Finding {
  std::string what;  ///< As it is: "appendonly is no".
  std::string risk;  ///< What it can cost, in plain words.
  std::string mend;  ///< The command that mends it, or what to do where there is no one command.
};

/// What was found about one server or disk.
struct Diagnosis {
  std::string subject;             ///< "redis at 127.0.0.1:6379, version 7.0.15".
  std::vector<Finding> findings;   ///< Most dangerous first.
  std::vector<std::string> notes;  ///< What is worth knowing but no fault, and what could not be seen.
};

}  // namespace chatsync

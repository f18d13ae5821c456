#pragma once

#include <string>

namespace chatsync {

/// Something about a server or a disk that the promises need otherwise.
struct Finding {
  std::string what;  ///< As it is: "appendonly is no".
  std::string risk;  ///< What it can cost, in plain words.
  std::string mend;  ///< The command that mends it, or what to do where there is no one command.
};

}  // namespace chatsync

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chatsync::test_cache {

/// What the stream behind a file descriptor can show.
struct Terminal {
  bool interactive = false;  ///< lines can be redrawn
  bool color = false;        ///< interactive, and NO_COLOR is not set
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Asks the system at the time of the call; a window may change its size later.
Terminal inspect_terminal(int descriptor);

enum class Tint { green, red, cyan, dim };

/// `text` between the codes of `tint`, or unchanged without colour.
std::string tinted(std::string_view text, Tint tint, bool color);

/// `text` with every control character replaced by a space, so that it stays on one line
/// and cannot steer the terminal.
std::string one_line(std::string_view text);

}  // namespace chatsync::test_cache

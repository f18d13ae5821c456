#include "test_cache/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace chatsync::test_cache {

namespace {

/// Empty if the variable is not set.
std::string_view environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment.
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::string_view code_of(Tint tint) {
  switch (tint) {
    case Tint::green:
      return "32";
    case Tint::red:
      return "31";
    case Tint::cyan:
      return "36";
    case Tint::dim:
      return "2";
  }
  return "0";
}

}  // namespace

Terminal inspect_terminal(int descriptor) {
  Terminal terminal;
  terminal.interactive = isatty(descriptor) == 1 && environment("TERM") != "dumb";
  terminal.color = terminal.interactive && environment("NO_COLOR").empty();
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  return terminal;
}

std::string tinted(std::string_view text, Tint tint, bool color) {
  if (!color) {
    return std::string{text};
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(tint), text);
}

std::string one_line(std::string_view text) {
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  std::string line{text};
  std::ranges::replace_if(
      line,
      [](char character) {
        const auto byte = static_cast<unsigned char>(character);
        return byte < kFirstPrintable || byte == kDelete;
      },
      ' ');
  return line;
}

}  // namespace chatsync::test_cache

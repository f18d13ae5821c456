#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chatsync {

/// What the program can be asked to do: `chatsync NAME [ARGUMENT]... [--FLAG VALUE]...`. Settings mean the
/// same to every command.
struct CommandRow {
  std::string_view name;
  std::string_view arguments;  ///< As --help shows them; empty: it takes none.
  std::string_view help;       ///< One line.
  /// Flags of its own, which stand behind its name and come to it as arguments; separated by blanks.
  std::string_view flags = {};
};

/// The command of a command line that names none.
inline constexpr std::string_view kServe = "serve";

/// Every command there is, in the order of --help.
std::span<const CommandRow> commands();

/// Whether `flag` ("--limit") is one of the command's own.
bool is_flag_of_command(std::string_view name, std::string_view flag);

/// What is wrong with a command and its arguments, in one line; nothing if they can be tried.
std::optional<std::string> complaint_about_command(std::string_view name,
                                                   const std::vector<std::string>& arguments);

}  // namespace chatsync

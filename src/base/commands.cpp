#include "base/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/setting_names.hpp"

namespace chatsync {
namespace {

constexpr std::size_t kSlip = 2;  ///< So many slips away from a name, that name was meant.

constexpr auto kCommands = std::to_array<CommandRow>({
    {kServe, "", "serve over HTTP until SIGTERM; so does no command at all"},
    {"doctor", "", "look for settings of the cache and the store that can lose turns"},
    {"verify", "", "look whether every accepted turn is accounted for"},
    {"dead-letters", "list|show|replay|discard", "look through turns no store could take",
     "--limit --session --discarded --all --yes"},
});

std::string names() {
  std::string out;
  for (const CommandRow& row : kCommands) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
  return out;
}

}  // namespace

std::span<const CommandRow> commands() { return kCommands; }

bool is_flag_of_command(std::string_view name, std::string_view flag) {
  const auto found = std::ranges::find(kCommands, name, &CommandRow::name);
  if (found == kCommands.end()) return false;
  for (std::string_view flags = found->flags; !flags.empty();) {
    const std::size_t end = std::min(flags.find(' '), flags.size());
    if (flags.substr(0, end) == flag) return true;
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  return false;
}

std::optional<std::string> complaint_about_command(std::string_view name,
                                                   const std::vector<std::string>& arguments) {
  const auto found = std::ranges::find(kCommands, name, &CommandRow::name);
  if (found != kCommands.end()) {
    if (arguments.empty() || !found->arguments.empty()) return std::nullopt;
    return fmt::format("{} takes no argument, but got '{}'; settings begin with --", name, arguments.front());
  }
  const auto nearest = std::ranges::min_element(
      kCommands, {}, [&](const CommandRow& row) { return edit_distance(name, row.name); });
  if (edit_distance(name, nearest->name) <= kSlip) {
    return fmt::format("unknown command '{}'; did you mean {}?", name, nearest->name);
  }
  return fmt::format("unknown command '{}'; there are {}, and settings begin with --", name, names());
}

}  // namespace chatsync

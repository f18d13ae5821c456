#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chatsync {

/// How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// What is wrong with a key of a `.env` file ("unknown setting; did you mean REDIS_HOST?"), or nothing if it
/// is a setting or belongs to another program.
std::optional<std::string> complaint_about_file_key(std::string_view key);

/// The same for a name in the environment, which only has to look like a slip: there, whoever starts the
/// process puts names of their own beside ours, such as REDIS_SERVICE_HOST.
std::optional<std::string> complaint_about_variable(std::string_view name);

/// The flag that was probably meant by an unknown one, or nothing.
std::optional<std::string> nearest_flag(std::string_view flag);

}  // namespace chatsync

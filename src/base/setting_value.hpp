#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/settings_table.hpp"

namespace chatsync {

/// Reads `text` into the row's field of `settings`. On failure nothing changes, and the error says in words
/// what was expected ("a whole number from 1 to 65535").
std::expected<void, std::string> set_value(const SettingRow& row, Settings& settings, std::string_view text);

/// The value as set_value() would read it back.
std::string value_text(const SettingRow& row, const Settings& settings);

}  // namespace chatsync

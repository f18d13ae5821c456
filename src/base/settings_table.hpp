#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/settings.hpp"

namespace chatsync {

/// How to reach a setting's field. The type of the field is the kind of the setting.
using SettingField =
    std::variant<std::string& (*)(Settings&), std::filesystem::path& (*)(Settings&), bool& (*)(Settings&),
                 std::uint16_t& (*)(Settings&), std::uint32_t& (*)(Settings&), std::size_t& (*)(Settings&),
                 std::chrono::milliseconds& (*)(Settings&), LogLevel& (*)(Settings&)>;

/// What a value may be: the length of a text or path, the value of a number, the milliseconds of a duration.
struct SettingBounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

struct SettingRow {
  std::string_view group;
  std::string_view name;  ///< The environment variable and the key in `.env`.
  std::string_view unit;  ///< What stands for the value in --help.
  SettingBounds bounds;
  SettingField field;
  std::string_view help;  ///< One line.
  bool secret = false;    ///< Never shown.
};

/// Every setting there is, grouped, in the order of --help. Their defaults are those of Settings.
std::span<const SettingRow> settings_table();

/// Nothing has this name: nullptr.
const SettingRow* find_setting(std::string_view name);

/// REDIS_HOST -> --redis-host.
std::string flag_of(const SettingRow& row);

/// Whether switching it on needs no value on the command line.
bool is_switch(const SettingRow& row);

}  // namespace chatsync

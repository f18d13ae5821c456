#include "base/settings_loader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/dotenv.hpp"
#include "base/setting_flags.hpp"
#include "base/setting_names.hpp"
#include "base/setting_rules.hpp"
#include "base/setting_value.hpp"
#include "base/settings_table.hpp"

namespace chatsync {
namespace {

constexpr std::string_view kDefaultFile = ".env";
constexpr std::string_view kEnvironment = "environment";

struct RawValue {
  std::string text;
  std::string origin;
};

/// The value that counts of each setting, by its name.
using RawValues = std::map<std::string, RawValue, std::less<>>;

std::unexpected<Error> bad_setting(std::string_view name, std::string message) {
  return fail(ErrorKind::invalid_argument, std::move(message), {}, std::string(name));
}

/// Short and on one line, whatever it holds.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string out(text.substr(0, kLongest));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out.size() < text.size() ? out + "..." : out;
}

Result<void> take_file(const SettingFlags& flags, const FileReader& read_file, RawValues& values) {
  const std::string path = flags.env_file.value_or(std::string(kDefaultFile));
  auto text = read_file(path);
  if (!text) return failure_of(std::move(text));
  if (!*text) {
    if (!flags.env_file) return {};
    return fail(ErrorKind::invalid_argument, fmt::format("--env-file: there is no file {}", path), {}, path);
  }

  auto entries = parse_dotenv(path, **text);
  if (!entries) return failure_of(std::move(entries));
  for (DotEnvEntry& entry : *entries) {
    std::string origin = fmt::format("{}:{}", path, entry.line);
    if (const auto complaint = complaint_about_file_key(entry.key)) {
      return bad_setting(entry.key, fmt::format("{} ({}): {}", entry.key, origin, *complaint));
    }
    values[entry.key] = {std::move(entry.value), std::move(origin)};
  }
  return {};
}

Result<void> take_environment(const Environment& environment, RawValues& values) {
  for (const auto& [name, value] : environment) {
    if (const auto complaint = complaint_about_variable(name)) {
      return bad_setting(name, fmt::format("{} ({}): {}", name, kEnvironment, *complaint));
    }
    values[name] = {value, std::string(kEnvironment)};
  }
  return {};
}

/// Container orchestrators describe a service called "redis" by REDIS_PORT=tcp://10.0.0.7:6379.
std::string_view hint_for(std::string_view text) {
  return text.starts_with("tcp://")
             ? "; an orchestrator sets this for a service of that name: set the port itself"
             : "";
}

Result<void> set_all(const RawValues& values, LoadedSettings& loaded) {
  for (const SettingRow& row : settings_table()) {
    const auto found = values.find(row.name);
    if (found == values.end()) continue;
    const auto& [text, origin] = found->second;
    const auto set = set_value(row, loaded.settings, text);
    if (!set) {
      const std::string value = row.secret ? "" : fmt::format("='{}'", shown(text));
      return bad_setting(row.name, fmt::format("{}{} ({}): expected {}{}", row.name, value, origin,
                                               set.error(), hint_for(text)));
    }
    loaded.origins.emplace(row.name, origin);
  }
  return {};
}

}  // namespace

Result<LoadedSettings> load_settings(std::span<const std::string> args, const Environment& environment,
                                     const FileReader& read_file) {
  auto flags = parse_setting_flags(args);
  if (!flags) return failure_of(std::move(flags));

  LoadedSettings loaded;
  loaded.action = flags->action;
  loaded.command = std::move(flags->command);
  loaded.arguments = std::move(flags->arguments);
  if (loaded.action == SettingsAction::help || loaded.action == SettingsAction::version) return loaded;

  RawValues values;
  if (auto taken = take_file(*flags, read_file, values); !taken) return failure_of(std::move(taken));
  if (auto taken = take_environment(environment, values); !taken) return failure_of(std::move(taken));
  for (auto& [name, text] : flags->values) {
    values[std::string(name)] = {std::move(text), fmt::format("flag {}", flag_of(*find_setting(name)))};
  }

  if (auto set = set_all(values, loaded); !set) return failure_of(std::move(set));
  // Whoever looks for the cause of a contradiction needs to see it.
  if (loaded.action == SettingsAction::print_config) return loaded;
  if (auto checked = check_combinations(loaded); !checked) return failure_of(std::move(checked));
  return loaded;
}

Environment process_environment() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<std::optional<std::string>> read_settings_file(const std::filesystem::path& path) {
  const auto unreadable = [&](const std::string& why) {
    return fail(ErrorKind::invalid_argument, fmt::format("{}: {}", path.string(), why), {}, path.string());
  };
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (problem) return unreadable(problem.message());
  if (std::filesystem::is_directory(status)) return unreadable("is a directory, expected a file of settings");

  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable("cannot be opened: " + std::generic_category().message(errno));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return unreadable("cannot be read");
  return text;
}

}  // namespace chatsync

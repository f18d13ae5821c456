#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "app/dead_letters.hpp"
#include "app/doctor.hpp"
#include "app/exit_codes.hpp"
#include "app/serve.hpp"
#include "app/verify.hpp"
#include "base/log.hpp"
#include "base/settings_loader.hpp"
#include "base/settings_report.hpp"

namespace {

int run(const chatsync::LoadedSettings& loaded) {
  using namespace chatsync;
  if (loaded.command == "doctor") return app::doctor(loaded.settings);
  if (loaded.command == "verify") return app::verify(loaded.settings);
  if (loaded.command == "dead-letters") return app::dead_letters(loaded.settings, loaded.arguments);
  return app::serve(loaded.settings);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace chatsync;
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const Result<LoadedSettings> loaded = load_settings(args, process_environment(), read_settings_file);
  if (!loaded) {
    fmt::print(stderr, "chatsync: {}\n", loaded.error().message);
    return app::kExitCannotStart;
  }
  switch (loaded->action) {
    case SettingsAction::help:
      fmt::print("{}", help_text());
      return app::kExitOk;
    case SettingsAction::version:
      fmt::print("{}", version_text());
      return app::kExitOk;
    case SettingsAction::print_config:
      fmt::print("{}", config_text(*loaded));
      return app::kExitOk;
    case SettingsAction::run:
      start_logging(loaded->settings.log_level);
      return run(*loaded);
  }
  return app::kExitCannotStart;
}

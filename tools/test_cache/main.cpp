#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "test_cache/options.hpp"
#include "test_cache/report.hpp"
#include "test_cache/run.hpp"
#include "test_cache/terminal.hpp"

namespace {

using namespace chatsync::test_cache;

enum ExitCode : int { kEveryCheckHeld = 0, kSomethingDiffers = 1, kNotRun = 2 };

int not_run(const std::string& why) {
  fmt::print(stderr, "test_cache: {}\n", one_line(why));
  return kNotRun;
}

int run_tool(std::vector<std::string> arguments) {
  const auto options = parse_options(std::move(arguments));
  if (!options) {
    if (options.error().code == 0) {
      fmt::print("{}\n", options.error().text);
      return 0;
    }
    return not_run(options.error().text);
  }
  const auto report = run(*options);
  if (!report) {
    return not_run(report.error());
  }
  const bool color = inspect_terminal(STDOUT_FILENO).color;
  fmt::print("{}", options->json ? render_json(*report) : render_text(*report, color));
  return passed(*report) ? kEveryCheckHeld : kSomethingDiffers;
}

}  // namespace

int main(int argc, char** argv) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    return run_tool({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    return not_run(error.what());
  }
}

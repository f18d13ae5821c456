#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace chatsync::test_cache {

/// What one run of the tester does.
enum class Action {
  send,       ///< send questions and check what the server made of them
  sync_only,  ///< only trigger a synchronisation and show the server's message
  stats,      ///< only show the statistics of one session
};

/// The command line, validated.
struct Options {
  Action action = Action::send;
  std::string url = "http://127.0.0.1:8080";  ///< without a slash at the end
  std::string key;                            ///< shown to the server; empty: none
  bool json = false;
  std::optional<std::string> session;  ///< absent: the server makes the ids
  std::string user = "1";
  std::int64_t messages = 5;  ///< per client
  std::chrono::microseconds delay{std::chrono::seconds{1}};
  std::int64_t parallel = 1;  ///< clients at once
  bool sync = false;          ///< synchronise after sending, then check
  std::string stats_session;  ///< with Action::stats
};

/// Why parsing ended the program: the help text (code 0, for stdout) or one line that names
/// the bad option (code 2, for stderr). The text has no newline at its end.
struct EarlyExit {
  int code = 0;
  std::string text;
};

/// Reads the arguments (without the program's name).
std::expected<Options, EarlyExit> parse_options(std::vector<std::string> arguments);

}  // namespace chatsync::test_cache

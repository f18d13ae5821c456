#include "test_cache/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "test_cache/option_checks.hpp"

namespace chatsync::test_cache {

namespace {

constexpr std::int64_t kMostMessages = 10'000'000;
constexpr std::int64_t kMostClients = 1'000;
constexpr double kLongestDelaySeconds = 86'400;
constexpr int kExitBadOption = 2;

constexpr const char* kFooter = R"(
What happens:
  no option              one session of 5 messages, 1 s apart
  --sync alone           only trigger /sync_now and show the server's message
  --sync and a sending   send, then synchronise, then check that nothing is pending
    option               and that the store has every turn
  --stats ID             only show the statistics of that session

--session continues a session: the count expected is the one before plus what is sent. With
--parallel COUNT, all COUNT clients then write to that one session at once, and the checks adapt:
the count goes up by the total, and the history holds the last 10 in the order of their numbers.
Nobody else should write to the session meanwhile.

Exit code: 0 every check held; 1 something differs (named in the report); 2 bad option, no server,
or unknown session with --stats (one line on stderr). Progress goes to stderr, the report to stdout.
NO_COLOR is respected.

Examples:
  test_cache --messages 5 --delay 1
  test_cache --parallel 3 --messages 4
  test_cache --parallel 3 --messages 4 --sync
  test_cache --sync
  test_cache --stats "session_id_here")";

template <typename Check>
CLI::Validator validator(Check check) {
  return CLI::Validator{[check](std::string& text) { return check(text); }, ""};
}

/// What the option parser fills; it becomes Options once everything is known to be sound.
struct RawOptions {
  Options options;
  std::string session;
  double delay_seconds = 1;
};

/// The options that make sense only when questions are sent.
using SendingOptions = std::vector<CLI::Option*>;

SendingOptions declare(CLI::App& app, RawOptions& raw) {
  SendingOptions sending;
  sending.push_back(app.add_option("--session", raw.session, "Use (continue) this session")
                        ->type_name("SESSION_ID")
                        ->check(validator(check_session_id)));
  sending.push_back(app.add_option("--user", raw.options.user, "User id (default: 1)")
                        ->type_name("USER_ID")
                        ->check(validator(check_user_id)));
  sending.push_back(app.add_option("--messages", raw.options.messages, "Messages to send (default: 5)")
                        ->type_name("COUNT")
                        ->check(validator([](const std::string& text) {
                          return check_whole_number(text, 1, kMostMessages);
                        })));
  sending.push_back(
      app.add_option("--delay", raw.delay_seconds, "Pause between messages, decimals allowed (default: 1)")
          ->type_name("SECONDS")
          ->check(
              validator([](const std::string& text) { return check_seconds(text, kLongestDelaySeconds); })));
  sending.push_back(
      app.add_option("--parallel", raw.options.parallel, "Drive COUNT sessions at once, each with --messages")
          ->type_name("COUNT")
          ->check(
              validator([](const std::string& text) { return check_whole_number(text, 1, kMostClients); })));
  app.add_flag("--sync", raw.options.sync, "Trigger a synchronisation at once");
  app.add_option("--stats", raw.options.stats_session, "Show the statistics of a session")
      ->type_name("SESSION_ID")
      ->check(validator(check_session_id));
  app.add_option("--url", raw.options.url, "Address of the server (default: http://127.0.0.1:8080)")
      ->type_name("URL")
      ->check(validator(check_url));
  app.add_option("--key", raw.options.key,
                 "Key of the server, if it asks for one (better in CHATSYNC_API_KEY, as others see options)")
      ->type_name("KEY")
      ->envname("CHATSYNC_API_KEY");
  app.add_flag("--json", raw.options.json, "Print one JSON document on stdout instead of tables");
  return sending;
}

EarlyExit bad_option(std::string_view why) {
  return {.code = kExitBadOption, .text = fmt::format("{} (see --help)", why)};
}

bool given(const CLI::Option* option) { return option->count() > 0; }

Options finish(const CLI::App& app, const SendingOptions& sending, RawOptions raw) {
  Options options = std::move(raw.options);
  if (app.count("--session") > 0) {
    options.session = std::move(raw.session);
  }
  options.delay =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::duration<double>{raw.delay_seconds});
  while (options.url.ends_with('/')) {
    options.url.pop_back();
  }
  if (app.count("--stats") > 0) {
    options.action = Action::stats;
  } else if (options.sync && std::ranges::none_of(sending, given)) {
    options.action = Action::sync_only;
  }
  return options;
}

}  // namespace

std::expected<Options, EarlyExit> parse_options(std::vector<std::string> arguments) {
  CLI::App app{
      "Sends questions to a chatsync server over HTTP and checks its cache and its "
      "synchronisation.",
      "test_cache"};
  app.footer(kFooter);
  RawOptions raw;
  const SendingOptions sending = declare(app, raw);
  try {
    // CLI11 wants the arguments last first.
    std::ranges::reverse(arguments);
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(EarlyExit{.code = 0, .text = app.help()});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(bad_option(error.what()));
  }
  const auto clash = std::ranges::find_if(sending, given);
  if (app.count("--stats") > 0 && clash != sending.end()) {
    return std::unexpected(bad_option(
        fmt::format("--stats only shows statistics: {} has no use with it", (*clash)->get_name())));
  }
  return finish(app, sending, std::move(raw));
}

}  // namespace chatsync::test_cache

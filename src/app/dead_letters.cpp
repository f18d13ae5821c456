#include "app/dead_letters.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "app/backends.hpp"
#include "app/exit_codes.hpp"
#include "app/io_thread.hpp"
#include "app/need_data_dir.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::app {
namespace {

constexpr std::size_t kPage = 500;

/// What is asked for. At most one of the actions is set.
struct LetterRequest {
  bool list = false;
  bool show = false;
  bool replay = false;
  bool discard = false;
  std::int64_t id = 0;  ///< 0: none is named.
  std::size_t limit = 50;
  std::string session_id;  ///< Empty: of every session.
  bool discarded_too = false;
  bool all = false;
  bool yes = false;
};

Result<LetterRequest> parse(std::vector<std::string> arguments) {
  LetterRequest request;
  CLI::App app;
  app.set_help_flag();
  app.require_subcommand(1);
  CLI::App* const list = app.add_subcommand("list");
  list->add_option("--limit", request.limit)->check(CLI::PositiveNumber);
  list->add_option("--session", request.session_id);
  list->add_flag("--discarded", request.discarded_too);
  CLI::App* const show = app.add_subcommand("show");
  show->add_option("ID", request.id)->required()->check(CLI::PositiveNumber);
  CLI::App* const replay = app.add_subcommand("replay");
  replay->add_option("ID", request.id)->check(CLI::PositiveNumber);
  replay->add_flag("--all", request.all);
  CLI::App* const discard = app.add_subcommand("discard");
  discard->add_option("ID", request.id)->required()->check(CLI::PositiveNumber);
  discard->add_flag("--yes", request.yes);
  try {
    std::ranges::reverse(arguments);
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::invalid_argument,
                fmt::format("dead-letters: {}; it is list [--limit N] [--session ID] [--discarded], show ID, "
                            "replay ID, replay --all, or discard ID --yes",
                            error.what()));
  }
  request.list = list->parsed();
  request.show = show->parsed();
  request.replay = replay->parsed();
  request.discard = discard->parsed();
  if (request.replay && (request.id != 0) == request.all) {
    return fail(ErrorKind::invalid_argument, "dead-letters replay: name the letter, or say --all");
  }
  if (request.discard && !request.yes) {
    return fail(
        ErrorKind::invalid_argument,
        fmt::format("dead-letters discard: the turn is deleted for good; say so with discard {} --yes",
                    request.id));
  }
  return request;
}

/// On one line, whatever it holds.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c >= 0 && c < ' '; }, ' ');
  return text;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : one_line(text); }

/// The work of the command on an open store. Blocking; each function returns an exit code.
class LetterDesk {
 public:
  LetterDesk(DeadLetters& letters, IoThread& thread) : letters_(letters), thread_(thread) {}

  int list(const LetterRequest& request) {
    LetterPage page{.discarded_too = request.discarded_too};
    if (!request.session_id.empty()) page.session_id = request.session_id;
    fmt::print("{:>8}  {:<27}  {:<36}  {:<18}  {}\n", "id", "first failed at", "session", "code", "reason");
    std::size_t shown = 0;
    while (shown < request.limit) {
      page.limit = std::min(kPage, request.limit - shown);
      const auto found = thread_.spawn(letters_.list(page)).get();
      if (!found) return complain(found.error());
      if (found->empty()) break;
      for (const StoredLetter& stored : *found) {
        fmt::print("{:>8}  {:<27}  {:<36}  {:<18}  {}{}\n", stored.id,
                   to_iso8601(stored.letter.first_failed_at_us), or_dash(stored.letter.session_id),
                   or_dash(stored.letter.error_code), stored.discarded_at_us ? "(discarded) " : "",
                   one_line(stored.letter.reason));
      }
      shown += found->size();
      page.after_id = found->back().id;
    }
    return kExitOk;
  }

  int show(std::int64_t id) {
    const auto found = thread_.spawn(letters_.find(id)).get();
    if (!found) return complain(found.error());
    if (!found->has_value()) return complain(no_such_letter(id));
    const StoredLetter& stored = **found;
    fmt::print("id: {}\nsession: {}\nkey: {}\nseq: {}\nfirst failed at: {}\ncode: {}\nreason: {}\n",
               stored.id, or_dash(stored.letter.session_id), or_dash(stored.letter.key),
               stored.seq ? fmt::format("{}", *stored.seq) : "-",
               to_iso8601(stored.letter.first_failed_at_us), or_dash(stored.letter.error_code),
               one_line(stored.letter.reason));
    if (stored.discarded_at_us) {
      fmt::print("discarded at: {}\n", to_iso8601(*stored.discarded_at_us));
    } else {
      fmt::print("payload:\n{}\n", stored.letter.payload);
    }
    return kExitOk;
  }

  int replay(std::int64_t id) {
    const auto outcome = thread_.spawn(letters_.replay(id)).get();
    if (!outcome) return complain(outcome.error());
    const std::string remark = outcome->reason.empty() ? "" : ": " + one_line(outcome->reason);
    if (outcome->fate == ReplayOutcome::Fate::kept) {
      fmt::print("letter {} is kept{}\n", id, remark);
      return kExitFindings;
    }
    fmt::print("letter {} {} turn {} of session {}{}\n", id,
               outcome->fate == ReplayOutcome::Fate::stored ? "is stored as" : "was stored already as",
               outcome->turn.turn_id, outcome->turn.session_id, remark);
    return kExitOk;
  }

  int replay_all() {
    LetterPage page{.limit = kPage};
    int code = kExitOk;
    for (;;) {
      const auto found = thread_.spawn(letters_.list(page)).get();
      if (!found) return complain(found.error());
      if (found->empty()) return code;
      for (const StoredLetter& stored : *found) code = std::max(code, replay(stored.id));
      if (code == kExitCannotStart) return code;
      page.after_id = found->back().id;
    }
  }

  int discard(std::int64_t id) {
    const auto done = thread_.spawn(letters_.discard(id)).get();
    if (!done) return complain(done.error());
    fmt::print("letter {} is discarded\n", id);
    return kExitOk;
  }

 private:
  static Error no_such_letter(std::int64_t id) {
    return {.kind = ErrorKind::not_found, .message = fmt::format("there is no dead letter {}", id)};
  }

  static int complain(const Error& error) {
    fmt::print(stderr, "chatsync: {}\n", error.message);
    return error.kind == ErrorKind::not_found || error.kind == ErrorKind::conflict ? kExitFindings
                                                                                   : kExitCannotStart;
  }

  DeadLetters& letters_;
  IoThread& thread_;
};

int carry_out(const LetterRequest& request, LetterDesk desk) {
  if (request.list) return desk.list(request);
  if (request.show) return desk.show(request.id);
  if (request.discard) return desk.discard(request.id);
  return request.all ? desk.replay_all() : desk.replay(request.id);
}

}  // namespace

int dead_letters(const Settings& settings, const std::vector<std::string>& arguments) {
  const Result<LetterRequest> request = parse(arguments);
  std::optional<Error> failure;
  if (!request) failure = request.error();
  if (!failure && !settings.mysql.enabled()) failure = missing_data_dir(settings);
  IoThread thread;
  Result<std::unique_ptr<StoreOnly>> store;
  if (!failure) {
    store = open_store_only(settings);
    if (!store) failure = explain_for_command(store.error());
  }
  if (failure) {
    fmt::print(stderr, "chatsync: {}\n", failure->message);
    return kExitCannotStart;
  }
  return carry_out(*request, LetterDesk((*store)->dead_letters(), thread));
}

}  // namespace chatsync::app

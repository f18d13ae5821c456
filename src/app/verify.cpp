#include "app/verify.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "app/backends.hpp"
#include "app/exit_codes.hpp"
#include "app/io_thread.hpp"
#include "app/need_data_dir.hpp"
#include "app/verify_report.hpp"
#include "audit/auditor.hpp"
#include "base/clock.hpp"

namespace chatsync::app {
namespace {

int cannot_look(const Error& error) {
  fmt::print(stderr, "chatsync: {}\n", error.message);
  return kExitCannotStart;
}

}  // namespace

int verify(const Settings& settings) {
  if (const auto missing = missing_data_dir(settings)) return cannot_look(*missing);
  const SystemClock clock;
  IoThread thread;
  Result<std::unique_ptr<Backends>> opened = open_backends(settings, clock, {}, thread);
  if (!opened) return cannot_look(explain_for_command(opened.error()));
  Backends& backends = **opened;
  audit::Auditor auditor({.cache = backends.sync_cache(),
                          .pending = backends.pending(),
                          .store = backends.store(),
                          .rows = backends.store_audit(),
                          .letters = backends.dead_letters()});
  const Result<audit::AuditReport> report = thread.spawn(auditor.run()).get();
  backends.close();
  if (!report) return cannot_look(report.error());
  fmt::print("{}", verify_text(*report, backends.sync_cache().kind(), backends.store().kind()));
  return report->whole() ? kExitOk : kExitFindings;
}

}  // namespace chatsync::app

#include "app/verify_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace chatsync::app {
namespace {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string row(std::string_view name, std::int64_t turns, std::string_view remark = {}) {
  return fmt::format("  {:<16}{:>16}{}{}\n", name, grouped(turns), remark.empty() ? "" : "  ", remark);
}

std::string plural(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string mismatches(const audit::AuditReport& report) {
  if (report.mismatch_count == 0) return {};
  std::size_t width = 0;
  for (const audit::Mismatch& mismatch : report.mismatches) {
    width = std::max(width, mismatch.session_id.size());
  }
  std::string out = fmt::format("\n{} not as they should be:\n", plural(report.mismatch_count, "session"));
  for (const audit::Mismatch& mismatch : report.mismatches) {
    std::string_view id = mismatch.session_id;
    for (const std::string& fault : mismatch.faults) {
      out += fmt::format("  {:<{}}  {}\n", id, width, fault);
      id = {};
    }
  }
  const auto more = report.mismatch_count - static_cast<std::int64_t>(report.mismatches.size());
  if (more > 0) out += fmt::format("  and {} more\n", grouped(more));
  return out;
}

}  // namespace

std::string verify_text(const audit::AuditReport& report, std::string_view cache, std::string_view store) {
  const audit::Ledger& ledger = report.ledger;
  std::string out = fmt::format("turns, as the cache ({}) and the store ({}) hold them\n", cache, store);
  out += row("accepted", ledger.accepted);
  out += row("= stored", ledger.stored);
  out += row("+ pending", ledger.pending);
  out += row("+ dead letters", ledger.dead_lettered,
             ledger.discarded > 0 ? fmt::format("{} of them discarded", grouped(ledger.discarded)) : "");
  out += row("+ deleted", ledger.deleted);
  out += row("difference", ledger.difference());
  out += fmt::format("{} in the store, {} in the cache alone, {} erased\n",
                     plural(report.stored_sessions, "session"), grouped(report.cached_sessions),
                     grouped(report.erased_sessions));
  out += mismatches(report);
  if (report.stored_and_pending > 0) {
    out += fmt::format("note: {} stored and not acknowledged yet; the next drain does it\n",
                       plural(report.stored_and_pending, "turn"));
  }
  if (report.unsteady_sessions > 0) {
    out += fmt::format("note: {} changed while they were looked at, and were left out\n",
                       plural(report.unsteady_sessions, "session"));
  }
  out += report.whole() ? "every accepted turn is accounted for\n" : "";
  return out;
}

}  // namespace chatsync::app

#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace chatsync::http {

/// What a connection is doing. Each phase but `busy` has a time allowance.
enum class Phase : std::uint8_t {
  busy,    ///< A handler runs.
  fresh,   ///< Waits for a request, for so short a time that its memory is kept.
  idle,    ///< Waits for a request, for longer.
  header,  ///< Part of a header has come.
  body,    ///< Part of a body is missing.
  write,   ///< The client does not take its reply.
  linger,  ///< All is said; waits for the client to close.
};

inline constexpr std::size_t kPhaseCount = 7;

struct DeadlineEntry : boost::intrusive::list_base_hook<> {
  Phase phase = Phase::busy;
  SteadyTime deadline;
};

/// The deadlines of all connections of a thread, without a timer for each: since a phase gives everybody the
/// same allowance, the list of those in it is in the order of their deadlines, and looking for expired ones
/// looks at no other. Each entry is in exactly one list from add() to remove().
class DeadlineLists {
 public:
  using Allowances = std::array<std::chrono::milliseconds, kPhaseCount>;

  explicit DeadlineLists(Allowances allowances) : allowances_(allowances) {}

  void add(DeadlineEntry& entry) { list(entry.phase = Phase::busy).push_back(entry); }
  void remove(DeadlineEntry& entry) { list(entry.phase).erase(List::s_iterator_to(entry)); }

  /// Moves the entry into `phase`, whose time begins at `now`.
  void enter(DeadlineEntry& entry, Phase phase, SteadyTime now) {
    remove(entry);
    entry.phase = phase;
    entry.deadline = now + allowances_[static_cast<std::size_t>(phase)];
    list(phase).push_back(entry);
  }

  /// Calls `on_expired(entry, phase)` for each entry whose time is over, with the phase it was in; the entry
  /// is then in `busy`, and the callback may let it enter another phase.
  template <class Callback>
  void expire(SteadyTime now, Callback on_expired) {
    for (std::size_t i = 1; i < kPhaseCount; ++i) {
      const auto phase = static_cast<Phase>(i);
      while (!list(phase).empty() && list(phase).front().deadline <= now) {
        DeadlineEntry& entry = list(phase).front();
        enter(entry, Phase::busy, now);
        on_expired(entry, phase);
      }
    }
  }

  /// Calls `visit(entry)` for each entry in `phase`; it must not move the entry.
  template <class Visitor>
  void for_each(Phase phase, Visitor visit) {
    for (DeadlineEntry& entry : list(phase)) visit(entry);
  }

 private:
  using List = boost::intrusive::list<DeadlineEntry, boost::intrusive::constant_time_size<false>>;

  List& list(Phase phase) { return lists_[static_cast<std::size_t>(phase)]; }

  Allowances allowances_;
  std::array<List, kPhaseCount> lists_;
};

}  // namespace chatsync::http

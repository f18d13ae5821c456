#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "support/history.hpp"
#include "support/observation.hpp"

namespace chatsync::test {

/// What a comparison found. Each violation is one line and counts in one of the four columns.
struct Verdict {
  std::size_t acknowledged = 0;
  std::size_t unknown = 0;
  std::size_t failed = 0;

  std::size_t lost = 0;         ///< Acknowledged and not there.
  std::size_t doubled = 0;      ///< An identity, a number or a question that is there twice.
  std::size_t misnumbered = 0;  ///< A number, an order or a count that is not what it must be.
  std::size_t other = 0;        ///< Changed bytes, refused turns that are there, leftovers …
  std::vector<std::string> violations;
  std::vector<std::string> stories;  ///< Of the first sessions with violations: all that is known of each.
  std::map<std::string, std::size_t> codes;  ///< What came instead of a plain acknowledgement, and how often.

  bool clean() const { return violations.empty(); }
  Verdict& operator+=(const Verdict& more);
};

/// Compares what clients were told with what is there after healing and draining:
/// - acknowledged ⊆ stored ⊆ acknowledged ∪ unknown, each once, with the bytes and the time of the reply;
/// - per session the numbers are 1 … n in the order of the time stamps, an acknowledged turn has the number
/// it
///   was told (unless that was provisional), and of two turns of which one was acknowledged before the other
///   was asked, that one has the lower number;
/// - n is the count of the store, of the cache and of the statistics, rows and dead letters taken together;
/// - the history is the last ten turns, and nothing is pending.
Verdict check_history(const std::vector<Call>& calls, const Observation& seen);

}  // namespace chatsync::test

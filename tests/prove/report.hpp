#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/history_check.hpp"

namespace chatsync::test {

/// One line of the table.
struct ReportRow {
  std::string fault;
  int rounds = 0;
  int kill_points = 0;
  double seconds = 0;
  Verdict verdict{};
  std::string failure{};  ///< Why it ended before its time; empty: it did not.
};

struct SimulatorReport {
  bool ran = false;
  bool clean = false;
  std::string output;
  int planted = 0;  ///< Bugs that were planted,
  int caught = 0;   ///< and those of them that were seen.
};

struct Report {
  std::vector<ReportRow> rows;
  SimulatorReport simulator;

  ReportRow total() const;
};

std::string as_table(const Report& report);
std::string as_json(const Report& report);

}  // namespace chatsync::test

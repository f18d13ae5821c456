#pragma once

#include <optional>
#include <string>
#include <vector>

namespace chatsync::bench {

/// One number of each round.
using Samples = std::vector<double>;

double median(Samples samples);

enum class Sense { at_least, at_most };
enum class Of { ours, ratio };

struct Target {
  Of of = Of::ours;
  Sense sense = Sense::at_least;
  double limit = 0;
  /// Not 0: the limit was set in the figure's own unit on a machine where the yardstick had this. What is
  /// judged is the ratio, which must be as it would be there.
  double beside = 0;
};

/// What the ratio is held against.
inline double limit_of_ratio(const Target& target) {
  return target.beside > 0 ? target.limit / target.beside : target.limit;
}

/// One line of the table.
struct Figure {
  std::string row;  ///< Filled in by the runner.
  std::string what;
  std::string unit;
  Samples ours{};
  std::string yardstick_name{};
  Samples yardstick{};  ///< As long as `ours`, or empty: there is nothing to compare with.
  std::optional<Target> target{};
  bool plotted = false;
  std::string note{};
  std::string skipped{};  ///< Not empty: why there are no samples.
};

/// Ours over the yardstick, round by round.
Samples ratios(const Figure& figure);

/// Whether the median meets the target; nothing without a target or samples.
std::optional<bool> is_met(const Figure& figure);

/// As in "≥ 0.85 ×" or "≤ 4 ms".
std::string text_of_target(const Figure& figure);

/// As in "met", "missed", "skipped"; empty without a target.
std::string text_of_verdict(const Figure& figure);

/// Enough digits to compare, no more.
std::string text_of_number(double number);

}  // namespace chatsync::bench

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/figure.hpp"
#include "run/machine.hpp"
#include "run/plan.hpp"

namespace chatsync::bench {

/// What a run has found.
struct Report {
  Plan plan;
  Machine machine;
  std::vector<Figure> figures;
};

/// The table that is printed, with a line above it that says what it was taken on.
std::string text_of(const Report& report);

/// Everything, each round's numbers too.
std::string json_of(const Report& report);

/// A picture of the plotted figures: bars of ours beside those of the yardsticks, and ticks for the targets.
std::string svg_of(const Report& report);

/// Said of a machine that does other things too; empty if it is quiet.
std::string warning_of(const Machine& machine);

}  // namespace chatsync::bench

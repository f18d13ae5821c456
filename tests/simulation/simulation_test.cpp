#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/fault.hpp"
#include "simulation/quiet.hpp"
#include "simulation/run.hpp"

namespace chatsync::simulation {
namespace {

constexpr std::uint64_t kSeeds = 10'000 / CHATSYNC_TEST_SCALE_DOWN;
constexpr std::uint64_t kSeedsForABug = 3'000;

class Simulation : public testing::Test {
 protected:
  void SetUp() override { silence_logs(false); }
};

TEST_F(Simulation, KeepsThePromisesWhateverTheSeed) {
  std::size_t acknowledged = 0;
  for (const RunReport& report : simulate_many(1, kSeeds, 5)) {
    acknowledged += report.acknowledged;
    EXPECT_TRUE(report.violations.empty())
        << "seed " << report.seed << ": " << report.violations.front() << "\nreplay it with: simulate --seed "
        << report.seed << " --trace";
  }
  EXPECT_GT(acknowledged, kSeeds * 10);
}

TEST_F(Simulation, ReplaysASeedExactly) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RunReport once = simulate(seed);
    const RunReport again = simulate(seed);
    EXPECT_EQ(once.fingerprint, again.fingerprint) << seed;
    EXPECT_EQ(once.acknowledged, again.acknowledged) << seed;
  }
}

class PlantedBug : public testing::TestWithParam<fault::NamedBug> {
 protected:
  void SetUp() override {
    silence_logs(false);
    fault::plant(GetParam().bug);
  }
  void TearDown() override { fault::plant(std::nullopt); }
};

TEST_P(PlantedBug, IsSeen) {
  std::uint64_t seed = 0;
  RunReport report;
  while (report.violations.empty() && seed < kSeedsForABug) report = simulate(++seed);
  ASSERT_FALSE(report.violations.empty()) << "not in " << seed << " seeds";
  fmt::print("{} is seen with seed {}: {}\n", GetParam().name, seed, report.violations.front());
}

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedBug,
                         testing::ValuesIn(fault::planted_bugs().begin(), fault::planted_bugs().end()),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace chatsync::simulation

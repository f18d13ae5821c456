// The short form of scripts/prove: a few of its kills, and one round of each of its faults.
#include <cctype>

#include "prove/faults.hpp"
#include "prove/kill_sweep.hpp"

namespace chatsync::test {
namespace {

std::string told(const Verdict& verdict) {
  std::string lines;
  for (const std::string& violation : verdict.violations) lines += violation + '\n';
  for (const std::string& story : verdict.stories) lines += story;
  return lines;
}

struct ShortSweep {
  const char* name;
  Combination combination;
  Victim victim;
  int points;
};
void PrintTo(const ShortSweep& sweep, std::ostream* out) { *out << sweep.name; }

class KillAtEveryThirdWrite : public ::testing::TestWithParam<ShortSweep> {};

TEST_P(KillAtEveryThirdWrite, LosesDoublesAndMisnumbersNoTurn) {
  const int points = scaled(GetParam().points);
  const SweepReport report = sweep(GetParam().combination, GetParam().victim, points, 3);
  EXPECT_EQ(report.kills, points);
  EXPECT_TRUE(report.verdict.clean()) << told(report.verdict);
}

INSTANTIATE_TEST_SUITE_P(Of, KillAtEveryThirdWrite,
                         ::testing::Values(ShortSweep{"TheServerAlone", kNothingInstalled, Victim::server,
                                                      16},
                                           ShortSweep{"TheServer", kRedisAndMySql, Victim::server, 12},
                                           ShortSweep{"Redis", kRedisAndMySql, Victim::redis, 4},
                                           ShortSweep{"MariaDb", kRedisAndMySql, Victim::mariadb, 8}),
                         [](const auto& info) { return std::string(info.param.name); });

class FaultUnderLoad : public ::testing::TestWithParam<const char*> {};

TEST_P(FaultUnderLoad, LosesDoublesAndMisnumbersNoTurn) {
  const Fault& fault = fault_named(GetParam());
  Scene scene(fault.scene);
  const Verdict verdict =
      run_round(scene, fault, {.strikes = 1, .turns = static_cast<std::size_t>(scaled(400))});
  EXPECT_GE(verdict.acknowledged, static_cast<std::size_t>(scaled(400)));
  EXPECT_TRUE(verdict.clean()) << told(verdict);
}

std::vector<const char*> names_of_all_faults() {
  std::vector<const char*> names;
  for (const Fault& fault : all_faults()) names.push_back(fault.name.c_str());
  return names;
}

/// Words in capitals instead of blanks and signs.
std::string as_test_name(const ::testing::TestParamInfo<const char*>& info) {
  std::string name;
  bool begins = true;
  for (const char* at = info.param; *at != '\0'; ++at) {
    const auto character = static_cast<unsigned char>(*at);
    if (std::isalnum(character) != 0) name += static_cast<char>(begins ? std::toupper(character) : character);
    begins = std::isalnum(character) == 0;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Of, FaultUnderLoad, ::testing::ValuesIn(names_of_all_faults()), as_test_name);

}  // namespace
}  // namespace chatsync::test

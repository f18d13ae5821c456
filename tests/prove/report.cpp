#include "prove/report.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string_view>

namespace chatsync::test {
namespace {

constexpr std::size_t kViolationsShown = 20;

std::string line(std::string_view fault, std::string_view rounds, std::string_view points,
                 std::string_view acknowledged, std::string_view unknown, std::string_view lost,
                 std::string_view doubled, std::string_view misnumbered, std::string_view other,
                 std::string_view seconds) {
  return fmt::format("{:<38} {:>6} {:>11} {:>12} {:>8} {:>5} {:>7} {:>11} {:>5} {:>7}\n", fault, rounds,
                     points, acknowledged, unknown, lost, doubled, misnumbered, other, seconds);
}

std::string line_of(const ReportRow& row) {
  const Verdict& found = row.verdict;
  const auto text = [](auto number) { return fmt::to_string(number); };
  return line(row.fault, text(row.rounds), text(row.kill_points), text(found.acknowledged),
              text(found.unknown), text(found.lost), text(found.doubled), text(found.misnumbered),
              text(found.other), fmt::format("{:.0f}", row.seconds));
}

boost::json::object json_of(const ReportRow& row) {
  const Verdict& found = row.verdict;
  return {{"fault", row.fault},
          {"rounds", row.rounds},
          {"kill_points", row.kill_points},
          {"seconds", row.seconds},
          {"acknowledged", found.acknowledged},
          {"unknown", found.unknown},
          {"refused", found.failed},
          {"lost", found.lost},
          {"doubled", found.doubled},
          {"misnumbered", found.misnumbered},
          {"other", found.other},
          {"failure", row.failure},
          {"answers", boost::json::value_from(found.codes)},
          {"violations", boost::json::value_from(found.violations)}};
}

}  // namespace

ReportRow Report::total() const {
  ReportRow sum{.fault = "all"};
  for (const ReportRow& row : rows) {
    sum.rounds += row.rounds;
    sum.kill_points += row.kill_points;
    sum.seconds += row.seconds;
    sum.verdict += row.verdict;
  }
  return sum;
}

std::string as_table(const Report& report) {
  const std::string head = line("fault", "rounds", "kill points", "acknowledged", "unknown", "lost",
                                "doubled", "misnumbered", "other", "seconds");
  const std::string rule(head.size() - 1, '-');
  std::string text = head + rule + '\n';
  for (const ReportRow& row : report.rows) text += line_of(row);
  text += rule + '\n' + line_of(report.total());
  for (const ReportRow& row : report.rows) {
    if (!row.failure.empty()) text += fmt::format("\n{} broke off: {}\n", row.fault, row.failure);
    const auto& violations = row.verdict.violations;
    if (!violations.empty()) text += fmt::format("\n{}:\n", row.fault);
    for (std::size_t i = 0; i < violations.size() && i < kViolationsShown; ++i)
      text += "  " + violations[i] + '\n';
    if (violations.size() > kViolationsShown)
      text += fmt::format("  and {} more\n", violations.size() - kViolationsShown);
    for (const std::string& story : row.verdict.stories) text += story;
  }
  if (report.simulator.ran) {
    text += fmt::format("\nplanted bugs: {} of {} caught\n\nSimulator:\n{}", report.simulator.caught,
                        report.simulator.planted, report.simulator.output);
  }
  return text;
}

std::string as_json(const Report& report) {
  boost::json::array rows;
  for (const ReportRow& row : report.rows) rows.push_back(json_of(row));
  boost::json::object all{{"rows", std::move(rows)}, {"total", json_of(report.total())}};
  if (report.simulator.ran)
    all["simulator"] = {{"clean", report.simulator.clean},
                        {"planted", report.simulator.planted},
                        {"caught", report.simulator.caught},
                        {"output", report.simulator.output}};
  return boost::json::serialize(all) + '\n';
}

}  // namespace chatsync::test

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <ctime>

#include "run/report.hpp"

namespace chatsync::bench {
namespace {

/// Six digits: what lies behind them is noise.
double rounded(double number) {
  if (number == 0 || !std::isfinite(number)) return 0;
  const double scale = std::pow(10, 5 - std::floor(std::log10(std::abs(number))));
  return std::round(number * scale) / scale;
}

boost::json::array array_of(const Samples& samples) {
  boost::json::array array;
  for (const double sample : samples) array.emplace_back(rounded(sample));
  return array;
}

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

boost::json::object object_of(const Figure& figure) {
  boost::json::object object{{"row", figure.row}, {"what", trimmed(figure.what)}, {"unit", figure.unit}};
  if (!figure.note.empty()) object["note"] = figure.note;
  if (!figure.skipped.empty()) {
    object["skipped"] = figure.skipped;
    return object;
  }
  object["ours"] = rounded(median(figure.ours));
  object["ours_by_round"] = array_of(figure.ours);
  if (!figure.yardstick.empty()) {
    if (!figure.yardstick_name.empty()) object["yardstick_name"] = figure.yardstick_name;
    object["yardstick"] = rounded(median(figure.yardstick));
    object["yardstick_by_round"] = array_of(figure.yardstick);
    object["ratio"] = rounded(median(ratios(figure)));
  }
  if (figure.target) {
    object["target"] = text_of_target(figure);
    object["verdict"] = text_of_verdict(figure);
  }
  return object;
}

std::string time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/// As serialize() but with a line for each member of the outermost value and for each element of its arrays.
std::string lines_of(const boost::json::object& object) {
  std::string text = "{";
  for (const auto& [name, value] : object) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += fmt::format("\"{}\": ", std::string_view(name));
    if (!value.is_array()) {
      text += boost::json::serialize(value);
      continue;
    }
    text += '[';
    for (const auto& element : value.as_array()) {
      text += fmt::format("{}\n  {}", text.ends_with('[') ? "" : ",", boost::json::serialize(element));
    }
    text += "\n]";
  }
  return text + "\n}\n";
}

}  // namespace

std::string json_of(const Report& report) {
  boost::json::array figures;
  for (const Figure& figure : report.figures) figures.emplace_back(object_of(figure));
  const Machine& machine = report.machine;
  return lines_of({{"taken_at", time_now()},
                   {"machine",
                    {{"cores", machine.cores},
                     {"processor", machine.processor},
                     {"kernel", machine.kernel},
                     {"load_average", rounded(machine.load_average)},
                     {"busy_share", rounded(machine.busy_share)},
                     {"quiet", machine.quiet}}},
                   {"quick", report.plan.quick},
                   {"rounds", report.plan.rounds},
                   {"seconds", report.plan.seconds},
                   {"question_bytes", 237},
                   {"answer_bytes", 243},
                   {"figures", std::move(figures)}});
}

}  // namespace chatsync::bench

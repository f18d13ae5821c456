#include "run/client_load.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <stdexcept>

namespace chatsync::bench {
namespace {

constexpr std::chrono::hours kLongestLoad{3};

std::vector<std::string> arguments_of(const Plan& plan, const LoadRequest& request) {
  std::vector<std::string> arguments{"--port", std::to_string(request.port)};
  const auto add = [&](const char* name, const std::string& value) {
    arguments.insert(arguments.end(), {name, value});
  };
  add("--connections", std::to_string(request.connections));
  if (request.requests > 0) {
    add("--requests", std::to_string(request.requests));
  } else {
    add("--seconds", fmt::format("{}", request.seconds > 0 ? request.seconds : plan.seconds));
    add("--warm-up", fmt::format("{}", plan.warm_up_seconds));
  }
  add("--rate", fmt::format("{}", request.rate));
  add("--sessions", std::to_string(request.sessions));
  add("--session-prefix", request.session_prefix);
  add("--question-bytes", std::to_string(kQuestionBytes));
  add("--durability", request.durability);
  if (!request.path.empty()) add("--path", request.path);
  for (const pid_t process : request.watched) add("--watch", std::to_string(process));
  return arguments;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

double LoadFigures::cpu_us(std::size_t watched_index) const {
  return static_cast<double>(watched.at(watched_index).cpu_us) / requests;
}

ClientLoad::ClientLoad(const Plan& plan, const LoadRequest& request)
    : process_(std::make_unique<test::ChildProcess>(test::Command{.program = plan.programs / "chat_load",
                                                                  .arguments = arguments_of(plan, request),
                                                                  .output_directory = output_.path()})) {}

LoadFigures ClientLoad::finish() {
  const auto status = process_->wait(kLongestLoad);
  if (status != 0) throw std::runtime_error(first_line(process_->standard_error()));
  const boost::json::value json = boost::json::parse(process_->standard_output());
  const auto number = [&](const char* name) { return json.at(name).to_number<double>(); };
  LoadFigures figures{.seconds = number("seconds"),
                      .requests = number("turns"),
                      .per_second = number("turns_per_second"),
                      .first_per_second = number("first_per_second"),
                      .p50_ms = number("p50_ms"),
                      .p99_ms = number("p99_ms"),
                      .watched = {}};
  if (figures.requests == 0) throw std::runtime_error("no request was answered while it was measured");
  for (const auto& process : json.at("watched").as_array()) {
    figures.watched.push_back({.cpu_us = process.at("cpu_us").to_number<std::int64_t>(),
                               .waiting_us = process.at("waiting_us").to_number<std::int64_t>(),
                               .resident_kib = process.at("resident_kib").to_number<std::int64_t>()});
  }
  return figures;
}

}  // namespace chatsync::bench

#include "run/yardstick.hpp"

#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "load/process_use.hpp"
#include "support/http_client.hpp"

namespace chatsync::bench {
namespace {

constexpr std::chrono::minutes kLongestDrain{30};

}  // namespace

Yardstick::Yardstick(Lab& lab, const std::string& program, const Database& database,
                     std::vector<std::string> arguments) {
  arguments.insert(arguments.end(),
                   {"--mysql-socket", lab.mariadb().socket(), "--database", database.name()});
  process_ = std::make_unique<test::ChildProcess>(test::Command{.program = lab.plan().programs / program,
                                                                .arguments = std::move(arguments),
                                                                .output_directory = output_.path()});
}

Moved Yardstick::finish() {
  const auto status = process_->wait(kLongestDrain);
  if (status != 0) throw std::runtime_error("a yardstick failed: " + process_->standard_error());
  const boost::json::value json = boost::json::parse(process_->standard_output());
  return {json.at("rows").to_number<double>(), json.at("seconds").to_number<double>(),
          json.at("cpu_us").to_number<double>()};
}

Moved Yardstick::stop() {
  process_->signal(SIGTERM);
  return finish();
}

Moved sync_now(const test::ChatsyncProcess& chatsync) {
  test::HttpClient client(chatsync.port(), "127.0.0.1", kLongestDrain);
  const std::int64_t cpu_before_us = process_use(chatsync.pid()).cpu_us;
  const auto begin = std::chrono::steady_clock::now();
  const test::HttpResponse reply = client.get("/sync_now");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (reply.status != 200) throw std::runtime_error("/sync_now failed: " + reply.body);
  return {reply.json().at("synced").to_number<double>(), taken.count(),
          static_cast<double>(process_use(chatsync.pid()).cpu_us - cpu_before_us)};
}

}  // namespace chatsync::bench

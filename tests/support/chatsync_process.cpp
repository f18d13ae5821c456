#include "support/chatsync_process.hpp"

#include <stdexcept>
#include <utility>

namespace chatsync::test {
namespace {

const std::vector<std::string> kSettings{"HTTP_*",           "REDIS_*",  "MYSQL_*",   "LLM_*",
                                         "API_KEYS*",        "SYNC_*",   "SESSION_*", "DATA_DIR",
                                         "SHUTDOWN_TIMEOUT", "LOG_LEVEL"};

Command command_for(const ChatsyncProcess::Options& options, const std::filesystem::path& directory) {
  if (!options.env_file.empty()) write_file(directory / ".env", options.env_file);
  return {.program = options.program.empty() ? CHATSYNC_BINARY : options.program,
          .arguments = options.arguments,
          .environment = options.environment,
          .dropped_environment = kSettings,
          .working_directory = directory};
}

}  // namespace

ChatsyncProcess::ChatsyncProcess(Options options) : options_(std::move(options)) {
  options_.environment.try_emplace("HTTP_PORT", "0");
  start();
}

std::unique_ptr<ChatsyncProcess> ChatsyncProcess::started(Options options) {
  auto process = std::make_unique<ChatsyncProcess>(std::move(options));
  process->await_start();
  return process;
}

void ChatsyncProcess::start() {
  Command command = command_for(options_, directory_.path());
  // Each start writes to files of its own, so that what an earlier one said cannot be taken for an answer.
  command.output_directory = output_ / std::to_string(++starts_);
  std::filesystem::create_directory(command.output_directory);
  process_.emplace(command);
}

void ChatsyncProcess::start_again() {
  start();
  await_start();
}

void ChatsyncProcess::await_start_line() {
  const std::string address = "listens on http://127.0.0.1:";
  const auto line = process_->await_output_line(address, kPatience);
  if (!line) throw std::runtime_error("chatsync does not start: " + standard_output() + standard_error());
  start_line_ = *line;
  port_ = static_cast<std::uint16_t>(std::stoi(line->substr(line->find(address) + address.size())));
}

void ChatsyncProcess::await_start() {
  await_start_line();
  HttpClient metrics = client();
  const auto first_drain_is_over = [&] {
    return metrics.get("/metrics").body.find("\nchatsync_sync_drains_total 0\n") == std::string::npos;
  };
  if (!eventually(first_drain_is_over)) throw std::runtime_error("the first drain of chatsync does not end");
}

int ChatsyncProcess::stop(int number) {
  signal(number);
  return wait();
}

int ChatsyncProcess::wait(std::chrono::milliseconds patience) {
  const auto status = process_->wait(patience);
  if (!status) throw std::runtime_error("chatsync does not end: " + standard_error());
  return *status;
}

CommandOutcome run_chatsync(const ChatsyncProcess::Options& options) {
  const TempDir directory;
  return run_command(command_for(options, directory.path()), kPatience);
}

}  // namespace chatsync::test

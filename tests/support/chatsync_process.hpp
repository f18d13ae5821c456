#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

using Environment = std::map<std::string, std::string>;

/// The built server as a process. It inherits no setting of chatsync from the caller; unless told otherwise
/// it takes a free port, keeps its data under a directory of its own and runs in that directory, so that no
/// stranger's .env is read. The destructor kills it.
class ChatsyncProcess {
 public:
  struct Options {
    Environment environment{};
    std::vector<std::string> arguments{};
    std::string env_file{};           ///< Content of `.env` in the working directory; empty: there is none.
    std::filesystem::path program{};  ///< Empty: the server of this build.
  };

  /// Starts it; does not wait.
  explicit ChatsyncProcess(Options options);

  /// Waits for the line that tells the address. Throws with what the server said if it ends instead.
  void await_start_line();
  /// Waits also for the end of the drain that every start begins with, so that what is drained afterwards is
  /// drained by the test.
  void await_start();
  /// Starts it and waits.
  static std::unique_ptr<ChatsyncProcess> started(Options options);

  pid_t pid() const { return process_->pid(); }
  std::uint16_t port() const { return port_; }
  const std::string& start_line() const { return start_line_; }
  HttpClient client() const { return HttpClient(port_); }
  const std::filesystem::path& directory() const { return directory_.path(); }

  void signal(int number) const { process_->signal(number); }
  void freeze() const { signal(SIGSTOP); }
  void thaw() const { signal(SIGCONT); }
  bool running() { return process_->running(); }
  /// Waits for an end that is on its way; whether it came within `patience`.
  bool ended(std::chrono::milliseconds patience) { return process_->wait(patience).has_value(); }

  /// Sends the signal and waits for the end. The exit status, or 128 + signal.
  int stop(int number = SIGTERM);
  /// Waits for an end that is on its way. Throws if it takes longer than `patience`.
  int wait(std::chrono::milliseconds patience = kPatience);
  void kill9() { stop(SIGKILL); }

  /// After an end: starts it anew with the same settings, in the same directory, on a port of its own.
  void start_again();

  std::string standard_output() const { return process_->standard_output(); }
  /// The log so far.
  std::string standard_error() const { return process_->standard_error(); }

 private:
  Options options_;
  TempDir directory_;
  TempDir output_;
  int starts_ = 0;
  std::optional<ChildProcess> process_;
  std::uint16_t port_ = 0;
  std::string start_line_;

  void start();
};

/// Runs the server's binary to its end, for calls that do not serve (`--help`, refused settings).
CommandOutcome run_chatsync(const ChatsyncProcess::Options& options);

}  // namespace chatsync::test

#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chatsync::test {

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments{};
  std::string name{};  ///< argv[0]; empty: the program's path.
  std::filesystem::path standard_input = "/dev/null";
  std::map<std::string, std::string> environment{};  ///< Added to what is inherited.
  std::vector<std::string> dropped_environment{};    ///< Not inherited: names, or prefixes that end in `*`.
  std::filesystem::path working_directory{};         ///< Empty: the caller's.
  std::filesystem::path output_directory{};          ///< Where the files `stdout` and `stderr` are made.
};

/// A process of the test's own. Its output goes to files, so that it never blocks on a reader. The kernel
/// kills it when the thread that started it ends, so start it from the test's main thread; the destructor
/// kills and reaps what still runs.
class ChildProcess {
 public:
  /// Throws std::system_error if the program cannot be executed.
  explicit ChildProcess(const Command& command);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  pid_t pid() const { return pid_; }

  /// No effect on a process that was reaped.
  void signal(int number) const;

  /// Waits for the end. The exit status, or 128 + the number of the signal that ended it; nothing if it
  /// still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

  bool running() { return !wait(std::chrono::milliseconds(0)).has_value(); }

  /// What it has written so far.
  std::string standard_output() const;
  std::string standard_error() const;

  /// Waits for a whole line with `text` in it on standard output. Nothing if the process ended or `patience`
  /// was over before there was one.
  std::optional<std::string> await_output_line(const std::string& text, std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
  std::filesystem::path stdout_path_;
  std::filesystem::path stderr_path_;
};

struct CommandOutcome {
  int status = 0;
  std::string standard_output;
  std::string standard_error;
};

/// Runs a command to its end. Throws if it takes longer than `patience`.
CommandOutcome run_command(Command command, std::chrono::milliseconds patience);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace chatsync::test

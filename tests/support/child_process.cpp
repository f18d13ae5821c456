#include "support/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

constexpr int kForOutput = O_WRONLY | O_CREAT | O_APPEND;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool is_dropped(std::string_view name, const Command& command) {
  if (command.environment.contains(std::string(name))) return true;
  return std::ranges::any_of(command.dropped_environment, [name](std::string_view pattern) {
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
  });
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    if (!is_dropped(line.substr(0, line.find('=')), command)) lines.emplace_back(line);
  }
  for (const auto& [name, value] : command.environment) lines.push_back(fmt::format("{}={}", name, value));
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int open_file(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) throw_errno(path.string());
  return fd;
}

}  // namespace

// Plain fork and exec, since posix_spawn cannot ask for the signal at the parent's death. Between the two
// the child makes system calls only: the process may have threads. A failure comes back through a pipe that a
// successful exec closes.
ChildProcess::ChildProcess(const Command& command)
    : stdout_path_(command.output_directory / "stdout"), stderr_path_(command.output_directory / "stderr") {
  std::vector<std::string> arguments{command.name.empty() ? command.program.string() : command.name};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  const int input = open_file(command.standard_input, O_RDONLY);
  const int output = open_file(stdout_path_, kForOutput);
  const int error = open_file(stderr_path_, kForOutput);
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
  const pid_t parent = ::getpid();
  sigset_t no_signals;
  ::sigemptyset(&no_signals);

  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::pthread_sigmask(SIG_SETMASK, &no_signals, nullptr);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(error, 2);
    if (command.working_directory.empty() || ::chdir(command.working_directory.c_str()) == 0) {
      ::execve(command.program.c_str(), argv.data(), envp.data());
    }
    const int reason = errno;
    [[maybe_unused]] const auto written = ::write(failure[1], &reason, sizeof reason);
    ::_exit(127);
  }
  for (const int fd : {input, output, error, failure[1]}) ::close(fd);
  int reason = 0;
  const auto got = ::read(failure[0], &reason, sizeof reason);
  ::close(failure[0]);
  if (got == sizeof reason) {
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(reason, std::generic_category(), command.program.string());
  }
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) throw_errno("pidfd_open");
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(other.status_),
      stdout_path_(std::move(other.stdout_path_)),
      stderr_path_(std::move(other.stderr_path_)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  if (!status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pidfd_);
}

void ChildProcess::signal(int number) const {
  if (status_) return;
  ::kill(pid_, number);
  if (number != SIGSTOP) return;
  // kill() returns before every thread has stopped; whoever goes on must find none of them at work.
  siginfo_t stopped{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (status_) return status_;
  pollfd ended{.fd = pidfd_, .events = POLLIN, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) break;
    if (ready == 0) return std::nullopt;
    if (errno != EINTR) throw_errno("poll");
  }
  int raw = 0;
  if (::waitpid(pid_, &raw, 0) != pid_) throw_errno("waitpid");
  status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  return status_;
}

std::string ChildProcess::standard_output() const { return read_file(stdout_path_); }
std::string ChildProcess::standard_error() const { return read_file(stderr_path_); }

std::optional<std::string> ChildProcess::await_output_line(const std::string& text,
                                                           std::chrono::milliseconds patience) {
  std::optional<std::string> found;
  eventually(
      [&] {
        // Asked before the output is read: what a process wrote before its end must be seen.
        const bool ended = !running();
        const std::string output = standard_output();
        const auto at = output.find(text);
        const auto end = at == std::string::npos ? at : output.find('\n', at);
        if (end != std::string::npos) {
          const auto before = output.rfind('\n', at);
          const auto begin = before == std::string::npos ? 0 : before + 1;
          found = output.substr(begin, end - begin);
        }
        return found.has_value() || ended;
      },
      patience);
  return found;
}

CommandOutcome run_command(Command command, std::chrono::milliseconds patience) {
  const TempDir output;
  command.output_directory = output.path();
  ChildProcess process(command);
  const auto status = process.wait(patience);
  if (!status) {
    throw std::runtime_error(command.program.string() + " runs for too long; " + process.standard_error());
  }
  return {*status, process.standard_output(), process.standard_error()};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace chatsync::test

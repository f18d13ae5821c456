#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "load/process_use.hpp"

namespace chatsync::bench {

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::string port = "8080";
  int connections = 64;
  double seconds = 10;         ///< How long to measure, unless `requests` says when it ends.
  std::int64_t requests = 0;   ///< Not 0: so many are sent, and all of them are measured.
  double warm_up_seconds = 1;  ///< After each session had its first request.
  double rate = 0;             ///< Requests per second to begin at most; 0: as fast as replies come.
  int sessions = 10'000;
  std::string session_prefix = "bench-";
  int question_bytes = 80;
  std::string durability = "cached";
  std::string path;            ///< Not empty: GET it, with the session in place of `{}`.
  std::vector<pid_t> watched;  ///< Processes whose use of the machine is taken while it is measured.
};

struct LoadResult {
  double first_per_second = 0;  ///< While each session had its first request.
  double seconds = 0;
  std::vector<std::uint32_t> latencies_us;  ///< Sorted.
  std::vector<ProcessUse> watched;  ///< In the order of the options: times in between, memory at the end.
};

/// A closed-loop load over HTTP, as lean as it can be so that it takes little of the machine it shares with
/// the server: one thread, one epoll loop, one request under way on each connection. It measures what a
/// client sees, from the write of a request to the last byte of its reply, and checks that every reply is a
/// 200 of the session asked for. Whatever else comes ends the process with 2 and a line that says why.
class Load {
 public:
  explicit Load(LoadOptions options);

  LoadResult run();

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    int socket = -1;
    std::string session;
    std::string reply;
    std::size_t reply_length = 0;  ///< 0 until its headers are complete.
    Clock::time_point sent;
  };

  void warm_up(Clock::time_point now);
  void begin_measuring(Clock::time_point now);
  void end_measuring(Clock::time_point now);
  bool is_over(Clock::time_point now) const;
  /// Sends the next request, or parks the connection until it is due.
  void go_on(Connection& connection, Clock::time_point now);
  int milliseconds_to_next(Clock::time_point now) const;
  void write_request(Connection& connection);
  void read_reply(Connection& connection);

  LoadOptions options_;
  int epoll_;
  std::vector<Connection> connections_;
  std::deque<Connection*> parked_;
  std::string question_;
  std::string body_;
  std::string request_;
  std::mt19937 random_{42};
  std::uniform_int_distribution<int> pick_session_;
  Clock::time_point begin_;
  Clock::time_point measure_from_;
  Clock::time_point last_reply_;
  bool warm_ = false;
  bool measuring_ = false;
  std::int64_t sent_ = 0;
  std::int64_t answered_ = 0;
  LoadResult result_;
};

}  // namespace chatsync::bench

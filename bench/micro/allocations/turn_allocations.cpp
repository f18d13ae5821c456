// How many allocations a turn costs: the whole server runs in this process, over a private Redis, and every
// call of malloc and its kin is counted that is not made by this thread, which is the clients. Turns go round
// by round over keep-alive connections, one on each at a time, so that as many are under way as there are
// connections. The first rounds, in which memory is taken for good, are not counted.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "micro/allocations/call_sites.hpp"
#include "micro/allocations/heap_count.hpp"
#include "micro/allocations/local_server.hpp"
#include "micro/sample_turn.hpp"
#include "support/http_client.hpp"
#include "support/redis_server.hpp"

namespace {

using namespace chatsync;

struct Options {
  std::size_t turns = 10'000;
  std::size_t connections = 64;
  std::size_t sessions = 1'000;
  std::size_t sites = 0;
};

class Clients {
 public:
  Clients(std::uint16_t port, const Options& options) {
    for (std::size_t i = 0; i < options.connections; ++i) clients_.emplace_back(port);
    for (std::size_t i = 0; i < options.sessions; ++i) {
      requests_.push_back(bench::sample_request(fmt::format("bench-{}", i)));
    }
  }

  /// One turn on each connection.
  void round() {
    for (test::HttpClient& client : clients_) client.send(requests_[next_++ % requests_.size()]);
    for (test::HttpClient& client : clients_) {
      const test::HttpResponse response = client.read_response();
      if (response.status != 200) throw std::runtime_error("an unexpected reply: " + response.body);
    }
  }

  std::size_t size() const { return clients_.size(); }

 private:
  std::vector<test::HttpClient> clients_;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

void print_sites(std::size_t most, double turns) {
  fmt::print("{:>9} {:>9}  where\n", "per turn", "bytes");
  for (const bench::CallSite& site : bench::call_sites()) {
    if (most-- == 0) break;
    fmt::print("{:>9.3f} {:>9.1f}  {}\n{:>21}through {}\n", static_cast<double>(site.allocations) / turns,
               static_cast<double>(site.bytes) / turns, site.place, "", site.means);
  }
}

void measure(const Options& options) {
  bench::leave_this_thread_out();
  const test::RedisServer redis;
  const bench::LocalServer server(redis.socket());
  Clients clients(server.port(), options);
  for (std::size_t sent = 0; sent < 2 * options.sessions || !server.settled(); sent += clients.size()) {
    clients.round();
  }
  if (options.sites > 0) {
    bench::prepare_call_sites();
    bench::set_allocation_witness(bench::remember_call_site);
  }
  std::size_t sent = 0;
  bench::start_heap_count();
  for (; sent < options.turns; sent += clients.size()) clients.round();
  const bench::HeapCount count = bench::stop_heap_count();
  const auto turns = static_cast<double>(sent);
  fmt::print(
      "{{\"connections\": {}, \"turns\": {}, \"allocations_per_turn\": {:.2f}, \"bytes_per_turn\": "
      "{:.0f}}}\n",
      clients.size(), sent, static_cast<double>(count.allocations) / turns,
      static_cast<double>(count.bytes) / turns);
  if (options.sites > 0) print_sites(options.sites, turns);
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Counts what a POST /chat over Redis asks of the heap; prints one line of JSON."};
  app.add_option("--turns", options.turns, "How many turns to count, at least")->capture_default_str();
  app.add_option("--connections", options.connections, "Turns under way at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sessions", options.sessions, "Sessions to spread the turns over")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sites", options.sites,
                 "Print so many of the busiest call sites; build with -g1 for lines")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  start_logging(LogLevel::warning);
  measure(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "turn_allocations: %s\n", failure.what());
    return 2;
  }
}

#include "support/redis_server.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "support/eventually.hpp"
#include "support/ports.hpp"

namespace chatsync::test {

// The package redis-tools carries the server without a system service, under the name of the checker: the
// program looks at its own name to know which of them it is.
std::filesystem::path redis_program() {
  for (const char* candidate :
       {"/usr/bin/redis-server", "/usr/local/bin/redis-server", "/usr/bin/redis-check-rdb"}) {
    if (std::filesystem::exists(candidate)) return candidate;
  }
  throw std::runtime_error("no redis-server here: install redis-tools");
}

RedisServer::RedisServer() : RedisServer(Options{}) {}

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = free_port();
    if (try_start()) return;
  }
  throw std::runtime_error("redis-server does not start: " + read_file(directory_ / "stdout"));
}

bool RedisServer::try_start() {
  const bool tls = !options_.tls_certificate.empty();
  Command command{.program = redis_program(),
                  .arguments = {"--bind",
                                host(),
                                "--port",
                                tls ? "0" : std::to_string(port_),
                                "--unixsocket",
                                socket().string(),
                                "--dir",
                                directory_.path().string(),
                                "--save",
                                "",
                                "--appendonly",
                                options_.appendonly,
                                "--appendfsync",
                                options_.appendfsync,
                                "--maxmemory",
                                options_.maxmemory,
                                "--maxmemory-policy",
                                options_.maxmemory_policy,
                                "--databases",
                                "16",
                                "--daemonize",
                                "no"},
                  .name = "redis-server",
                  .environment = options_.environment,
                  .working_directory = directory_.path(),
                  .output_directory = directory_.path()};
  auto& arguments = command.arguments;
  if (!options_.password.empty()) arguments.insert(arguments.end(), {"--requirepass", options_.password});
  if (tls) {
    arguments.insert(arguments.end(), {"--tls-port", std::to_string(port_), "--tls-cert-file",
                                       options_.tls_certificate.string(), "--tls-key-file",
                                       options_.tls_key.string(), "--tls-auth-clients", "no"});
  }
  arguments.insert(arguments.end(), options_.extra.begin(), options_.extra.end());
  std::filesystem::remove(socket());
  process_.emplace(command);
  eventually([&] {
    if (!process_->running()) return true;
    if (!std::filesystem::exists(socket())) return false;
    try {
      // LOADING is an error reply until the append-only file has been read.
      return client().try_command({"PING"}).text == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  return process_->running();
}

RespClient RedisServer::client() const {
  RespClient client(socket());
  if (!options_.password.empty()) client.command({"AUTH", options_.password});
  return client;
}

void RedisServer::start() {
  // The first start may only cut a half transaction off a file of several (redis/append_only_file.cpp).
  const auto only_cut = [this] {
    return process_->standard_output().contains("the truncated file is not the last file");
  };
  if (!try_start() && !(only_cut() && try_start())) {
    throw std::runtime_error(
        fmt::format("redis-server does not start again: {}", process_->standard_output()));
  }
}

void RedisServer::stop() {
  process_->signal(SIGTERM);
  if (!process_->wait(kPatience)) throw std::runtime_error("redis-server does not end");
}

void RedisServer::kill9() {
  process_->signal(SIGKILL);
  process_->wait(kPatience);
}

void RedisServer::restart() {
  stop();
  start();
}

void RedisServer::freeze() const { process_->signal(SIGSTOP); }
void RedisServer::thaw() const { process_->signal(SIGCONT); }
bool RedisServer::running() { return process_->running(); }
bool RedisServer::ended(std::chrono::milliseconds patience) { return process_->wait(patience).has_value(); }

}  // namespace chatsync::test

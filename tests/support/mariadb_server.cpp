#include "support/mariadb_server.hpp"

#include <unistd.h>

#include <stdexcept>
#include <system_error>
#include <utility>

#include "support/eventually.hpp"
#include "support/ports.hpp"

namespace chatsync::test {
namespace {

constexpr const char* kProgram = "/usr/sbin/mariadbd";

// A server that starts removes what lies in its temporary directory, so none may share one with another.
std::filesystem::path temporary_directory(const std::filesystem::path& data) {
  return data.string() + ".tmp";
}

// Small files: each server gets a copy of its own.
std::vector<std::string> common_arguments(const std::filesystem::path& data) {
  std::filesystem::create_directories(temporary_directory(data));
  std::vector<std::string> arguments{"--no-defaults",
                                     "--datadir=" + data.string(),
                                     "--tmpdir=" + temporary_directory(data).string(),
                                     "--lc-messages-dir=/usr/share/mysql",
                                     "--character-sets-dir=/usr/share/mysql/charsets",
                                     "--innodb-buffer-pool-size=64M",
                                     "--innodb-log-file-size=16M",
                                     "--innodb-data-file-path=ibdata1:3M:autoextend",
                                     "--innodb-temp-data-file-path=ibtmp1:3M:autoextend",
                                     "--innodb-autoextend-increment=4",
                                     "--skip-log-bin"};
  // The server refuses to run as root unless it is told to.
  if (::geteuid() == 0) arguments.emplace_back("--user=root");
  return arguments;
}

// What mariadb-install-db does without its help texts and checks.
void make_system_tables(const std::filesystem::path& data, const std::filesystem::path& script) {
  std::filesystem::create_directory(data);
  const std::filesystem::path scripts = "/usr/share/mysql";
  write_file(script, "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n" +
                         read_file(scripts / "mysql_system_tables.sql") +
                         read_file(scripts / "mysql_system_tables_data.sql"));
  std::vector<std::string> arguments = common_arguments(data);
  arguments.insert(arguments.end(),
                   {"--bootstrap", "--innodb-flush-log-at-trx-commit=0", "--skip-networking"});
  const Command command{.program = kProgram, .arguments = std::move(arguments), .standard_input = script};
  const CommandOutcome outcome = run_command(command, kPatience);
  if (outcome.status != 0) throw std::runtime_error("mariadbd --bootstrap: " + outcome.standard_error);
}

// The empty data directory takes most of a start, so each build directory keeps one for all its tests. A
// test that finds none makes it; of several at the same time the first to rename its own wins.
const std::filesystem::path& data_template() {
  static const std::filesystem::path kept = MARIADB_TEMPLATE;
  if (!std::filesystem::exists(kept)) {
    const std::filesystem::path mine = kept.string() + "." + std::to_string(::getpid());
    make_system_tables(mine, mine.string() + ".sql");
    std::filesystem::remove(mine.string() + ".sql");
    std::filesystem::remove_all(temporary_directory(mine));
    std::error_code lost;
    std::filesystem::rename(mine, kept, lost);
    if (lost) std::filesystem::remove_all(mine);
  }
  return kept;
}

}  // namespace

MariaDbServer::MariaDbServer() : MariaDbServer(Options{}) {}

MariaDbServer::MariaDbServer(Options options) : options_(std::move(options)) {
  std::filesystem::copy(data_template(), directory_ / "data", std::filesystem::copy_options::recursive);
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = free_port();
    if (try_start()) return;
  }
  throw std::runtime_error("mariadbd does not start: " + read_file(directory_ / "stderr"));
}

bool MariaDbServer::try_start() {
  Command command{.program = kProgram,
                  .arguments = common_arguments(directory_ / "data"),
                  .environment = options_.environment,
                  .output_directory = directory_.path()};
  auto& arguments = command.arguments;
  arguments.insert(
      arguments.end(),
      {"--bind-address=" + host(), "--port=" + std::to_string(port_), "--socket=" + socket().string(),
       "--pid-file=" + (directory_ / "pid").string(), "--innodb-flush-log-at-trx-commit=1",
       "--max-connections=200", "--skip-name-resolve", "--performance-schema=OFF"});
  if (!options_.tls_certificate.empty()) {
    arguments.insert(arguments.end(), {"--ssl-cert=" + options_.tls_certificate.string(),
                                       "--ssl-key=" + options_.tls_key.string()});
  }
  arguments.insert(arguments.end(), options_.extra.begin(), options_.extra.end());
  std::filesystem::remove(socket());
  process_.emplace(command);
  eventually([&] {
    if (!process_->running()) return true;
    if (!std::filesystem::exists(socket())) return false;
    try {
      client();
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  return process_->running();
}

MySqlClient MariaDbServer::client(const std::string& database) const { return {socket(), database}; }

std::string MariaDbServer::create_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  client().query("CREATE DATABASE " + name);
  return name;
}

void MariaDbServer::start() {
  if (!try_start()) {
    throw std::runtime_error("mariadbd does not start again: " + process_->standard_error());
  }
}

void MariaDbServer::stop() {
  process_->signal(SIGTERM);
  if (!process_->wait(kPatience)) throw std::runtime_error("mariadbd does not end");
}

void MariaDbServer::kill9() {
  process_->signal(SIGKILL);
  process_->wait(kPatience);
}

void MariaDbServer::restart() {
  stop();
  start();
}

void MariaDbServer::freeze() const { process_->signal(SIGSTOP); }
void MariaDbServer::thaw() const { process_->signal(SIGCONT); }
bool MariaDbServer::running() { return process_->running(); }
bool MariaDbServer::ended(std::chrono::milliseconds patience) { return process_->wait(patience).has_value(); }

}  // namespace chatsync::test

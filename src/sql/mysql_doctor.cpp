#include "sql/mysql_doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace chatsync::sql {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;
constexpr std::size_t kLargestText = 16 * kMiB - 1;  ///< Of a MEDIUMTEXT.

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// An administrator's client on the same server.
std::string mysql_client(const Settings::MySql& server) {
  std::string command = "mysql";
  command += server.socket.empty() ? fmt::format(" -h {} -P {}", server.host, server.port)
                                   : fmt::format(" -S {}", server.socket.string());
  if (!server.ssl_ca.empty()) command += fmt::format(" --ssl-ca={}", server.ssl_ca.string());
  return command + " -u root -p";
}

std::string quoted_user(std::string_view user) {
  const std::size_t at = user.rfind('@');
  return fmt::format("'{}'@'{}'", user.substr(0, at),
                     at == std::string_view::npos ? "%" : user.substr(at + 1));
}

class Judge {
 public:
  Judge(const MySqlFacts& facts, const Settings& settings) : facts_(facts), settings_(settings) {}

  Diagnosis judge() {
    const Settings::MySql& server = settings_.mysql;
    out_.subject = fmt::format(
        "MySQL at {}, version {}",
        server.socket.empty() ? fmt::format("{}:{}", server.host, server.port) : server.socket.string(),
        variable("version"));
    version();
    read_only();
    privileges();
    durability();
    tables();
    sizes();
    connections();
    session_settings();
    return std::move(out_);
  }

 private:
  std::string_view variable(std::string_view name) const {
    const auto found = facts_.variables.find(name);
    return found == facts_.variables.end() ? std::string_view() : found->second;
  }
  bool is_off(std::string_view name) const { return variable(name) == "OFF" || variable(name) == "0"; }
  bool is_on(std::string_view name) const { return !variable(name).empty() && !is_off(name); }

  void find(std::string what, std::string risk, std::string mend) {
    out_.findings.push_back({std::move(what), std::move(risk), std::move(mend)});
  }
  void note(std::string text) { out_.notes.push_back(std::move(text)); }
  std::string run(std::string_view statement) const {
    return fmt::format("{} -e \"{}\"", mysql_client(settings_.mysql), statement);
  }
  std::string set_global(std::string_view assignment) const {
    return run(fmt::format("SET GLOBAL {}", assignment));
  }
  std::string run_in_database(std::string_view statement) const {
    return fmt::format("{} {} -e \"{}\"", mysql_client(settings_.mysql), settings_.mysql.database, statement);
  }

  void version() {
    const std::string_view text = variable("version");
    const bool mariadb = text.find("MariaDB") != std::string_view::npos;
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::size_t major = number(text);
    const std::size_t minor = dot < text.size() ? number(text.substr(dot + 1)) : 0;
    if (mariadb ? major > 10 || (major == 10 && minor >= 6) : major >= 8) return;
    find(fmt::format("this is version {}", text),
         "chatsync is not tested with it, and its tables may not be made",
         "install MySQL 8 or MariaDB 10.6, or later");
  }

  void read_only() {
    if (!is_on("read_only")) return;
    find("read_only is on: this is a replica, or was made read-only",
         "no turn comes to the store: all wait in the cache, until its limits are reached",
         fmt::format("name the primary in MYSQL_HOST, or: {}", set_global("read_only = OFF")));
  }

  void privileges() {
    if (facts_.forbidden.empty()) return;
    find(fmt::format("user {} may not: {}", facts_.user, fmt::join(facts_.forbidden, ", ")),
         "turns wait in the cache for as long as that is so, or cannot be read or erased",
         run(fmt::format("GRANT ALL ON \\`{}\\`.* TO {}", settings_.mysql.database,
                         quoted_user(facts_.user))));
  }

  void durability() {
    const std::string_view flush = variable("innodb_flush_log_at_trx_commit");
    if (!flush.empty() && flush != "1") {
      const bool at_write = flush == "2";
      find(fmt::format("innodb_flush_log_at_trx_commit is {}", flush),
           fmt::format("turns that were committed, and so left the cache, in the last second before {} fails "
                       "are lost",
                       at_write ? "the machine" : "the server or its machine"),
           set_global("innodb_flush_log_at_trx_commit = 1"));
    }
    if (is_on("log_bin") && variable("sync_binlog") != "1") {
      find(fmt::format("the binary log is on, but sync_binlog is {}", variable("sync_binlog")),
           "if the machine fails, its replicas lack turns that it has, or have some that it lacks; after a "
           "failover to one of them these turns are lost",
           set_global("sync_binlog = 1"));
    }
    if (is_off("innodb_doublewrite")) {
      find("innodb_doublewrite is off",
           "a page that is half written when the machine fails cannot be read again, unless the file system "
           "writes it in one piece",
           "set innodb_doublewrite = ON in the server's configuration and restart it");
    }
  }

  void tables() {
    if (!facts_.has_database) {
      note(fmt::format("there is no database {} yet: chatsync makes it at its start, if user {} may",
                       settings_.mysql.database, facts_.user));
    } else if (facts_.engines.empty()) {
      note("the tables are not there yet: chatsync makes them at its start");
    }
    for (const auto& [table, engine] : facts_.engines) {
      if (engine == "InnoDB") continue;
      find(fmt::format("table {} has the engine {}", table, engine),
           "it knows no transactions: half a batch may be written, and a crash may break the table",
           run_in_database(fmt::format("ALTER TABLE {} ENGINE = InnoDB", table)));
    }
    for (const TextColumn& column : facts_.columns) check_column(column);
  }

  void check_column(const TextColumn& column) {
    const bool right_set = column.character_set == "utf8mb4" || column.character_set == "ascii";
    const bool binary = column.collation.ends_with("_bin");
    if (right_set && binary) return;
    const std::string_view set = column.character_set == "ascii" ? "ascii" : "utf8mb4";
    find(fmt::format("column {}.{} has the collation {}", column.table, column.column, column.collation),
         right_set
             ? "texts that differ only in case or accents count as the same, so that two sessions or "
               "users may be taken for one"
             : "it does not hold every character, emoji for one: such turns are set aside in dead_letters",
         run_in_database(fmt::format("ALTER TABLE {0} MODIFY {1} {2} CHARACTER SET {3} COLLATE {3}_bin {4}",
                                     column.table, column.column, column.type, set,
                                     column.nullable ? "NULL" : "NOT NULL")));
  }

  void sizes() {
    const std::size_t body = settings_.http.max_body_bytes;
    const std::size_t packet = number(variable("max_allowed_packet"));
    if (packet > 0 && packet < std::min(body, kLargestText)) {
      find(fmt::format("max_allowed_packet is {}, less than HTTP_MAX_BODY_BYTES ({})", packet, body),
           "a turn with a longer text is accepted, but cannot be stored: it is set aside in dead_letters",
           fmt::format("restart chatsync after: {}",
                       set_global(fmt::format("max_allowed_packet = {}",
                                              (std::min(body, kLargestText) + kMiB - 1) / kMiB * kMiB))));
    }
    if (body > kLargestText + 1) {
      find(fmt::format("HTTP_MAX_BODY_BYTES is {}, but a column takes texts of {} bytes", body, kLargestText),
           "a turn with a longer text is accepted, but cannot be stored: it is set aside in dead_letters",
           fmt::format("set HTTP_MAX_BODY_BYTES={} and restart chatsync", kLargestText + 1));
    }
  }

  void connections() {
    const std::size_t most = number(variable("max_connections"));
    const std::size_t needed = settings_.sync.connections + 1;
    const std::size_t taken = facts_.connections > 0 ? facts_.connections - 1 : 0;
    if (most == 0 || taken + needed <= most) return;
    find(fmt::format("{} of {} connections are taken; chatsync needs {}", taken, most, needed),
         "turns wait in the cache while no connection is free",
         set_global(fmt::format("max_connections = {}", taken + 2 * needed)));
  }

  void session_settings() {
    const std::string_view mode = variable("sql_mode");
    if (!variable("version").empty() && mode.find("STRICT_") == std::string_view::npos) {
      note(
          "the server's sql_mode is not strict; chatsync's sessions are strict all the same, so that nothing "
          "is cut off in silence");
    }
    std::string_view zone = variable("time_zone");
    if (zone == "SYSTEM") zone = variable("system_time_zone");
    constexpr std::array<std::string_view, 4> kUtc = {"", "UTC", "GMT", "+00:00"};
    if (std::ranges::find(kUtc, zone) == kUtc.end()) {
      note(fmt::format("the server's time zone is {}; the times in the tables are UTC whatever it is", zone));
    }
  }

  const MySqlFacts& facts_;
  const Settings& settings_;
  Diagnosis out_;
};

}  // namespace

Diagnosis judge_mysql(const MySqlFacts& facts, const Settings& settings) {
  return Judge(facts, settings).judge();
}

}  // namespace chatsync::sql

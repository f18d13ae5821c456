#include "app/doctor.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>

#include "app/exit_codes.hpp"
#include "app/io_thread.hpp"
#include "app/running_connection.hpp"
#include "base/clock.hpp"
#include "base/finding.hpp"
#include "embedded/data_dir_doctor.hpp"
#include "redis/doctor.hpp"
#include "sql/mysql_doctor.hpp"

namespace chatsync::app {
namespace {

Result<Diagnosis> examine_redis(const Settings& settings) {
  const SystemClock clock;
  IoThread thread;
  RunningConnection connection(thread, settings.redis, clock);
  const Result<redis::RedisFacts> facts = thread.spawn(redis::read_redis_facts(&*connection)).get();
  if (!facts) return std::unexpected(facts.error());
  return redis::judge_redis(*facts, settings.redis);
}

Result<Diagnosis> examine_mysql(const Settings& settings) {
  const Result<sql::MySqlFacts> facts = sql::read_mysql_facts(settings.mysql);
  if (!facts) return std::unexpected(facts.error());
  return sql::judge_mysql(*facts, settings);
}

Result<Diagnosis> examine_data_dir(const Settings& settings) {
  const Result<embedded::DataDirFacts> facts = embedded::read_data_dir_facts(settings.data_dir);
  if (!facts) return std::unexpected(facts.error());
  return embedded::judge_data_dir(*facts);
}

class Report {
 public:
  void add(const Result<Diagnosis>& diagnosis) {
    if (!diagnosis) {
      reached_all_ = false;
      fmt::print(stderr, "chatsync: {}\n", diagnosis.error().message);
      return;
    }
    fmt::print("{}\n", diagnosis->subject);
    for (const Finding& finding : diagnosis->findings) {
      fmt::print("  {}. {}\n     risk: {}\n     mend: {}\n", ++findings_, finding.what, finding.risk,
                 finding.mend);
    }
    if (diagnosis->findings.empty()) fmt::print("  nothing to mend\n");
    for (const std::string& note : diagnosis->notes) fmt::print("  note: {}\n", note);
  }

  int end() const {
    if (findings_ > 0) {
      fmt::print(
          "\n{} finding{}. A command changes the running server only: write the setting into its "
          "configuration too.\n",
          findings_, findings_ == 1 ? "" : "s");
    }
    if (!reached_all_) return kExitCannotStart;
    return findings_ > 0 ? kExitFindings : kExitOk;
  }

 private:
  std::size_t findings_ = 0;
  bool reached_all_ = true;
};

}  // namespace

int doctor(const Settings& settings) {
  Report report;
  if (settings.redis.enabled()) report.add(examine_redis(settings));
  if (settings.mysql.enabled()) report.add(examine_mysql(settings));
  if (!settings.redis.enabled() || !settings.mysql.enabled()) report.add(examine_data_dir(settings));
  return report.end();
}

}  // namespace chatsync::app

// Sweeps and faults are jobs that share nothing, so several run at a time: most of what they do is to wait
// for a fault's end. A worker is a thread that lives to the end, since servers die with the thread that
// started them.
#include "prove/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <thread>

#include "prove/faults.hpp"
#include "prove/kill_sweep.hpp"
#include "prove/step_sweep.hpp"

namespace chatsync::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Sweep {
  const char* name;
  Combination combination;
  Victim victim;
};
constexpr std::array kSweeps{Sweep{"write by write: server, embedded", kNothingInstalled, Victim::server},
                             Sweep{"write by write: server", kRedisAndMySql, Victim::server},
                             Sweep{"write by write: Redis", kRedisAndMySql, Victim::redis},
                             Sweep{"write by write: MariaDB", kRedisAndMySql, Victim::mariadb}};

struct Job {
  std::string name;
  std::function<void(ReportRow&)> run;
};

class Proof {
 public:
  Proof(const ProofPlan& plan, const std::function<void(const ReportRow&)>& done)
      : plan_(plan), done_(done), deadline_(Clock::now() + plan.longest) {
    for (const Sweep& sweep : kSweeps)
      add(sweep.name, [this, sweep](ReportRow& row) { run_sweep(sweep, row); });
    sweeps_ = jobs_.size();
    if (!plan.server_with_faults.empty()) {
      add("step by step: server, embedded", [this](ReportRow& row) { run_steps(kNothingInstalled, row); });
      add("step by step: server", [this](ReportRow& row) { run_steps(kRedisAndMySql, row); });
    }
    not_rounds_ = jobs_.size();
    for (const Fault& fault : all_faults())
      add(fault.name, [this, &fault](ReportRow& row) { run_rounds(fault, row); });
    sweeps_ =
        std::ranges::count_if(jobs_, [](const Job& job) { return job.name.starts_with("write by write"); });
  }

  std::vector<ReportRow> run() {
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < plan_.workers; ++i) workers.emplace_back([this] { work(); });
    }
    return std::move(rows_);
  }

 private:
  void add(const std::string& name, std::function<void(ReportRow&)> run) {
    if (name.find(plan_.only) != std::string::npos) jobs_.push_back({name, std::move(run)});
  }

  bool time_is_over() const { return Clock::now() > deadline_; }

  void run_sweep(const Sweep& which, ReportRow& row) const {
    const auto others = static_cast<int>(sweeps_);
    count(sweep(which.combination, which.victim, (plan_.kill_points + others - 1) / others), row);
  }

  void run_steps(const Combination& combination, ReportRow& row) const {
    constexpr int kPasses = 4;
    count(sweep_steps(combination, kPasses, plan_.server_with_faults), row);
  }

  static void count(const SweepReport& report, ReportRow& row) {
    row.rounds = row.kill_points = report.kills;
    row.verdict = report.verdict;
  }

  void run_rounds(const Fault& fault, ReportRow& row) const {
    const std::size_t rounds = (jobs_.size() - not_rounds_) * static_cast<std::size_t>(plan_.rounds);
    const RoundPlan plan{.turns = plan_.turns / rounds + 1};
    Scene scene(fault.scene);
    for (int round = 0; round < plan_.rounds && !time_is_over(); ++round) {
      row.verdict += run_round(scene, fault, plan);
      ++row.rounds;
    }
  }

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (next_ == jobs_.size() || time_is_over()) return;
      const Job& job = jobs_[next_++];
      lock.unlock();
      ReportRow row{.fault = job.name};
      const auto begin = Clock::now();
      try {
        job.run(row);
      } catch (const std::exception& broken) {
        row.failure = broken.what();
      }
      row.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      lock.lock();
      done_(row);
      rows_.push_back(std::move(row));
    }
  }

  const ProofPlan plan_;
  const std::function<void(const ReportRow&)> done_;
  const Clock::time_point deadline_;
  std::vector<Job> jobs_;
  std::size_t sweeps_ = 0;      // So many jobs at the front kill at writes,
  std::size_t not_rounds_ = 0;  // and so many do not run faults under load.
  std::mutex mutex_;
  std::size_t next_ = 0;         // Guarded by mutex_.
  std::vector<ReportRow> rows_;  // Guarded by mutex_.
};

}  // namespace

std::vector<ReportRow> run_proof(const ProofPlan& plan, const std::function<void(const ReportRow&)>& done) {
  return Proof(plan, done).run();
}

}  // namespace chatsync::test

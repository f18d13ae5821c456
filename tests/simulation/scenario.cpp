#include "simulation/scenario.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <mutex>

#include "base/fault.hpp"

namespace chatsync::simulation {
namespace {

constexpr Micros kSessionTtl = seconds(120);
constexpr Micros kLongestRun = seconds(2'000);

}  // namespace

Scenario::Scenario(std::uint64_t seed, bool traced)
    : world_(seed, traced),
      cache_(world_, kSessionTtl),
      ledger_(world_, cache_, store_),
      surroundings_{world_, cache_, store_, cache_conditions_, store_conditions_, {}} {
  report_.seed = seed;
  Random& random = world_.random;
  draw_faults();
  for (int kind = 0; kind < 9; ++kind)
    weights_.push_back(random.chance(0.4) ? static_cast<double>(random.between(1, 100)) / 100 : 0);
  rewinds_ = random.chance(0.5);
  think_ = milliseconds(random.chance(0.5) ? random.between(1, 50) : random.between(50, 3'000));
  surroundings_.options = {.interval = std::chrono::seconds(random.between(1, 20)),
                           .batch_turns = static_cast<std::size_t>(random.between(1, 6)),
                           .connections = static_cast<std::size_t>(random.between(1, 3)),
                           .watermark = static_cast<std::size_t>(random.between(3, 50)),
                           .sweep_interval = std::chrono::hours(10)};
  if (random.chance(0.2)) {
    surroundings_.options.limits.turns = static_cast<std::size_t>(random.between(3, 40));
    surroundings_.options.limits.age = std::chrono::seconds(random.between(1, 60));
  }
  const std::int64_t sessions = random.between(1, 4);
  for (std::int64_t i = 0; i < sessions; ++i) sessions_.push_back("s" + std::to_string(i));
  const std::int64_t nodes = random.between(1, 3);
  for (std::int64_t i = 0; i < nodes; ++i) add_node();
  const std::int64_t clients = random.between(1, 5);
  for (int i = 0; i < clients; ++i) {
    clients_.push_back(std::make_unique<Client>(
        Client{.number = i, .calls_left = static_cast<int>(random.between(4, 30)), .own_session = {}}));
  }
  busy_ = clients_.size();
}

RunReport Scenario::run() {
  for (const auto& client : clients_) rest(*client);
  world_.after(milliseconds(10), [this] { strike(); });
  while (busy_ > 0 && world_.now() < kLongestRun && world_.step()) {
  }
  heal();
  end_nodes();
  for (const auto& [user, call] : ledger_.calls) {
    report_.acknowledged += call.outcome == Outcome::acknowledged ? 1 : 0;
    report_.unknown += call.outcome == Outcome::unknown ? 1 : 0;
    report_.failed += call.outcome == Outcome::failed ? 1 : 0;
  }
  report_.fingerprint = world_.fingerprint();
  report_.quarantined = ledger_.quarantined;
  report_.violations = ledger_.violations;
  return report_;
}

void Scenario::run_until(Micros deadline) {
  bool due = false;
  world_.after(std::max<Micros>(deadline - world_.now(), 0), [&due] { due = true; });
  while (!due && world_.step()) {
  }
}

void Scenario::heal() {
  world_.trace("everything is healed");
  healed_ = true;
  cache_conditions_ = store_conditions_ = Conditions{};
  idle_until_ = 0;
  for (const auto& client : clients_) client->calls_left = 0;
  if (!cache_.up) start_cache();
  store_.up = true;
  for (const auto& node : nodes_) {
    node->request_cache.link.cut = node->sync_cache.link.cut = node->store.link.cut = false;
    node->thaw();
  }
  reconnect_soon();
  if (pick_node() == nullptr) add_node();
  // Late effects come within 25 s, backoff ends within 30 s, and two intervals bring a drain to its end.
  run_until(world_.now() + seconds(100) + 2 * surroundings_.options.interval.count() * 1'000);
  if (pick_node() == nullptr) add_node();
  run_until(world_.now() + seconds(10) + 2 * surroundings_.options.interval.count() * 1'000);
  ledger_.check_drained_by_itself();
  if (!sync_at_last()) ledger_.violate("the last barrier does not hold");
  ledger_.check_at_rest();
}

bool Scenario::sync_at_last() {
  Node* const node = pick_node();
  const auto passed = std::make_shared<bool>(false);
  boost::asio::co_spawn(
      node->process.io(), node->service.sync_now(),
      [passed](const std::exception_ptr&, sync::DrainReport report) { *passed = !report.failure; });
  node->process.wake();
  run_until(world_.now() + seconds(30));
  return *passed;
}

void Scenario::end_nodes() {
  // What hangs for ever cannot be freed either: it is kept where a search for leaks finds it.
  static std::mutex mutex;
  static auto* const hanging = new std::vector<std::unique_ptr<Node>>();
  for (auto& node : nodes_) {
    if (node->release()) continue;
    ledger_.violate(node->process.name + " does not end though every call does");
    const std::scoped_lock lock(mutex);
    hanging->push_back(std::move(node));
  }
  std::erase(nodes_, nullptr);
}

RunReport simulate(std::uint64_t seed, bool traced) { return Scenario(seed, traced).run(); }

}  // namespace chatsync::simulation

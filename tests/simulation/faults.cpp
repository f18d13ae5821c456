// What goes wrong. A seed draws which faults it has at all and how often they strike, so that each kind also
// comes alone and undisturbed by the others.
#include <boost/asio/co_spawn.hpp>

#include "simulation/scenario.hpp"

namespace chatsync::simulation {

void Scenario::draw_faults() {
  Random& random = world_.random;
  const auto some = [&](double most) {
    return random.chance(0.5) ? most * static_cast<double>(random.between(1, 100)) / 100 : 0.0;
  };
  for (Conditions* each : {&cache_conditions_, &store_conditions_}) {
    each->request_lost = some(0.05);
    each->reply_lost = some(0.05);
    each->late = some(0.03);
    each->delayed = some(0.3);
    each->delay = milliseconds(random.between(2, 3'000));
  }
  erases_ = some(random.chance(0.2) ? 0.2 : 0.04);
  strangers_ = some(0.1);
  poison_ = some(0.05);
}

void Scenario::strike() {
  if (healed_) return;
  Random& random = world_.random;
  world_.after(random.between(milliseconds(20), seconds(4)), [this] { strike(); });
  Node* const node = pick_node();
  const Micros a_while =
      random.chance(0.5) ? random.between(0, milliseconds(500)) : random.between(0, seconds(20));
  const std::size_t kind = random.below(weights_.size());
  if (!random.chance(weights_[kind])) return;
  ++report_.faults;
  if (kind == 0 && node != nullptr) {
    world_.trace("!! {} is killed", node->process.name);
    node->kill();
    world_.after(a_while, [this] { add_node(); });
  } else if (kind == 1 && node != nullptr) {
    world_.trace("!! {} is frozen", node->process.name);
    node->freeze();
    world_.after(a_while, [this, node] {
      world_.trace("!! {} wakes up", node->process.name);
      node->thaw();
    });
  } else if (kind == 2 && node != nullptr && node->running()) {
    shut_down(*node);
    world_.after(a_while, [this] { add_node(); });
  } else if (kind == 3 && node != nullptr) {
    world_.trace("!! {} is cut off from the cache", node->process.name);
    const bool both = random.chance(0.6);
    (random.chance(0.5) ? node->request_cache : node->sync_cache).link.cut = true;
    if (both) node->request_cache.link.cut = node->sync_cache.link.cut = true;
    world_.after(a_while, [this, node] {
      node->request_cache.link.cut = node->sync_cache.link.cut = false;
      reconnect_soon();
    });
  } else if (kind == 4 && node != nullptr) {
    world_.trace("!! {} is cut off from the store", node->process.name);
    node->store.link.cut = true;
    world_.after(a_while, [node] { node->store.link.cut = false; });
  } else if (kind == 5 && cache_.up) {
    stop_cache();
    world_.after(a_while, [this] { start_cache(); });
  } else if (kind == 6 && store_.up) {
    world_.trace("!! the store is down");
    store_.up = false;
    // Sometimes longer than what is idle is kept.
    const Micros long_while = random.chance(0.15) ? seconds(150) : 0;
    world_.after(a_while + long_while, [this] {
      world_.trace("!! the store is back");
      store_.up = true;
    });
  } else if (kind == 7 && node != nullptr) {
    const Micros skew = random.between(seconds(-40), seconds(40));
    world_.trace("!! the clock of {} is set to {} s off", node->process.name, skew / 1'000'000);
    node->clock.set_skew(skew);
  } else if (kind == 8 && naps_-- > 0) {
    world_.trace("!! nothing happens for long");
    // Long enough for what is idle to expire.
    idle_until_ = world_.now() + seconds(200);
  }
  if (random.chance(0.5)) {
    snapshots_.push_back(cache_.memory());
    if (snapshots_.size() > 4) snapshots_.erase(snapshots_.begin());
  }
}

void Scenario::stop_cache() {
  world_.trace("!! the cache is down");
  cache_.up = false;
}

void Scenario::start_cache() {
  if (cache_.up) return;
  Random& random = world_.random;
  CacheMemory next = cache_.memory();
  const std::size_t how = random.below(rewinds_ ? 4 : 1);
  if (how != 0) next = {};
  if (how >= 2 && !snapshots_.empty()) {
    // A snapshot of a time that is undone is no past of what comes then.
    snapshots_.resize(random.below(snapshots_.size()) + 1);
    next = snapshots_.back();
  } else if (how != 0) {
    snapshots_.clear();
  }
  world_.trace("!! the cache is back{}", how == 0 ? "" : next.sessions.empty() ? ", empty" : ", older");
  if (how != 0) {
    ++report_.rewinds;
    ledger_.excuse(cache_.memory(), next);
  }
  // Sometimes it was but unreachable: the same process answers again.
  if (how != 0 || random.chance(0.6)) cache_.restart(std::move(next));
  cache_.up = true;
  reconnect_soon();
}

void Scenario::reconnect_soon() {
  for (const auto& node : nodes_) {
    for (CachePort* port : {&node->request_cache, &node->sync_cache})
      world_.after(world_.random.between(0, seconds(2)), [port] { port->reconnect(); });
  }
}

void Scenario::shut_down(Node& node) {
  world_.trace("!! {} is asked to shut down", node.process.name);
  node.synchronizer.stop();
  boost::asio::co_spawn(node.process.io(), node.synchronizer.sync_now(),
                        [this, &node](const std::exception_ptr& escaped, const sync::DrainReport&) {
                          if (escaped) return ledger_.violate("the last drain ended with an exception");
                          if (!node.running()) return;
                          world_.trace("!! {} has shut down", node.process.name);
                          node.kill();
                        });
  node.process.wake();
}

void Scenario::add_node() {
  if (healed_ && pick_node() != nullptr) return;
  std::string name = "node" + std::to_string(next_node_++);
  world_.trace("!! {} starts", name);
  surroundings_.options.jitter_seed = static_cast<std::uint32_t>(world_.random.bits());
  nodes_.push_back(std::make_unique<Node>(surroundings_, std::move(name), world_.random.bits()));
}

}  // namespace chatsync::simulation

#include "prove/faults.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

namespace chatsync::test {
namespace {

using std::chrono::milliseconds;

// Longer than the time-outs of a scene's servers, so that they give up on what does not answer.
constexpr milliseconds kLong{1'250};
constexpr milliseconds kShort{300};
constexpr SceneOptions kEmbedded{};
constexpr SceneOptions kServers{.combination = kRedisAndMySql};
constexpr SceneOptions kProxied{.combination = kRedisAndMySql, .proxied = true};

constexpr SceneOptions instances(int count) { return {.combination = kRedisAndMySql, .instances = count}; }

// --- processes -----------------------------------------------------------------------------------------

void kill_servers(Scene& scene) {
  for (std::size_t i = 0; i < scene.instances(); ++i) {
    scene.server(i).kill9();
    scene.start_again(i);
  }
}

void restart_servers(Scene& scene) {
  for (std::size_t i = 0; i < scene.instances(); ++i) {
    if (const int status = scene.server(i).stop(); status != 0)
      throw std::runtime_error("a server ends with " + std::to_string(status) +
                               scene.server(i).standard_error());
    scene.start_again(i);
    scene.go_on(50);
  }
}

void freeze_a_server(Scene& scene) {
  ChatsyncProcess& frozen = scene.server(scene.acknowledged() % scene.instances());
  frozen.freeze();
  Scene::last(kLong);
  frozen.thaw();
}

void run_on(Scene& scene) { scene.go_on(50); }

void kill_redis(Scene& scene) {
  scene.world().redis().kill9();
  Scene::last(kShort);
  scene.world().redis().start();
}

void restart_redis(Scene& scene) { scene.world().redis().restart(); }

void freeze_redis(Scene& scene) {
  scene.world().redis().freeze();
  Scene::last(kLong);
  scene.world().redis().thaw();
}

void kill_mariadb(Scene& scene) {
  scene.world().mariadb().kill9();
  Scene::last(kShort);
  scene.world().mariadb().start();
}

void restart_mariadb(Scene& scene) { scene.world().mariadb().restart(); }

void freeze_mariadb(Scene& scene) {
  scene.world().mariadb().freeze();
  Scene::last(kLong);
  scene.world().mariadb().thaw();
}

// --- networks ------------------------------------------------------------------------------------------

void cut_before_replies(FaultProxy& link) {
  static thread_local std::minstd_rand random;
  for (int cut = 0; cut < 4; ++cut) {
    const std::size_t before = link.cuts();
    link.cut_before_reply(1 + random() % 12);
    // Without traffic there is nothing to cut: clients may be waiting for another fault's end.
    eventually([&] { return link.cuts() > before; }, kLong);
  }
  link.pass();
}

void slow_down(FaultProxy& link) {
  link.delay(milliseconds(15));
  Scene::last(kLong);
  link.pass();
}

void cut_into_slices(FaultProxy& link) {
  link.slice(9);
  Scene::last(kLong);
  link.pass();
}

void swallow_everything(FaultProxy& link) {
  link.hold();
  Scene::last(kLong);
  link.pass();
}

void swallow_replies(FaultProxy& link) {
  link.hold_replies();
  Scene::last(kLong);
  link.pass();
}

void unplug(FaultProxy& link) {
  link.refuse();
  link.sever();
  Scene::last(kShort);
  link.pass();
}

struct NetworkFault {
  const char* name;
  void (*strike)(FaultProxy&);
};
constexpr std::array kNetworkFaults{NetworkFault{"cut before replies", cut_before_replies},
                                    NetworkFault{"slow", slow_down},
                                    NetworkFault{"slices", cut_into_slices},
                                    NetworkFault{"black hole", swallow_everything},
                                    NetworkFault{"replies lost", swallow_replies},
                                    NetworkFault{"unplugged", unplug}};

std::vector<Fault> make_faults() {
  std::vector<Fault> faults{{"server killed, embedded + SQLite", kEmbedded, kill_servers},
                            {"server killed", kServers, kill_servers},
                            {"Redis killed", kServers, kill_redis},
                            {"Redis frozen", kServers, freeze_redis},
                            {"Redis restarted", kServers, restart_redis},
                            {"MariaDB killed", kServers, kill_mariadb},
                            {"MariaDB frozen", kServers, freeze_mariadb},
                            {"MariaDB restarted", kServers, restart_mariadb}};
  for (const auto& [place, link] :
       {std::pair("Redis", &World::redis_proxy), {"MariaDB", &World::mariadb_proxy}}) {
    for (const NetworkFault& fault : kNetworkFaults) {
      faults.push_back({std::string("network to ") + place + ": " + fault.name, kProxied,
                        [link, strike = fault.strike](Scene& scene) { strike((scene.world().*link)()); }});
    }
  }
  faults.push_back({"2 instances, drains racing", instances(2), run_on});
  faults.push_back({"4 instances, drains racing", instances(4), run_on});
  faults.push_back({"3 instances, one frozen and woken", instances(3), freeze_a_server});
  faults.push_back({"2 instances, each killed", instances(2), kill_servers});
  faults.push_back({"3 instances, rolling restart", instances(3), restart_servers});
  return faults;
}

}  // namespace

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> faults = make_faults();
  return faults;
}

const Fault& fault_named(const std::string& name) {
  const auto found = std::ranges::find(all_faults(), name, &Fault::name);
  if (found == all_faults().end()) throw std::out_of_range("no fault is called " + name);
  return *found;
}

Verdict run_round(Scene& scene, const Fault& fault, const RoundPlan& plan) {
  scene.begin_round(plan.clients);
  const std::size_t between = plan.turns / static_cast<std::size_t>(plan.strikes + 1);
  for (int strike = 0; strike < plan.strikes; ++strike) {
    scene.go_on(between);
    fault.strike(scene);
  }
  const std::size_t so_far = scene.acknowledged();
  scene.go_on(so_far < plan.turns ? std::max(plan.turns - so_far, between) : between);
  return scene.end_round();
}

}  // namespace chatsync::test

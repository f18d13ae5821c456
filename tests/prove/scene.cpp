#include "prove/scene.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

namespace chatsync::test {
namespace {

constexpr int kSessions = 8;

WorldOptions world_options(const SceneOptions& options) {
  WorldOptions result{.proxied = options.proxied};
  // What a kill leaves of an append-only file that is not synced before the reply depends on the moment.
  result.redis.appendfsync = "always";
  return result;
}

Environment server_settings(const Combination& combination) {
  Environment settings{{"HTTP_THREADS", "2"},
                       {"SYNC_INTERVAL", "1"},
                       {"SYNC_WATERMARK", "500"},
                       {"SYNC_BATCH_TURNS", "200"},
                       {"SHUTDOWN_TIMEOUT", "20"}};
  if (combination.redis) settings["REDIS_TIMEOUT"] = "1";
  if (combination.mysql) settings["MYSQL_TIMEOUT"] = "1";
  return settings;
}

}  // namespace

Scene::Scene(SceneOptions options)
    : world_(options.combination, world_options(options)),
      ports_(static_cast<std::size_t>(options.instances)) {
  for (auto& port : ports_) {
    servers_.push_back(world_.start(server_settings(options.combination)));
    port = servers_.back()->port();
  }
}

Scene::~Scene() = default;

void Scene::begin_round(int clients) {
  sessions_ = make_sessions(fmt::format("r{}", ++rounds_), kSessions);
  std::vector<std::uint16_t> ports;
  for (const auto& server : servers_) ports.push_back(server->port());
  load_ = std::make_unique<RecordedLoad>(RecordedLoadPlan{.ports = ports,
                                                          .sessions = sessions_.ids,
                                                          .clients = clients,
                                                          .tag = fmt::format("round {}", rounds_)});
  for (std::size_t i = 0; i < instances(); ++i)
    drainers_.emplace_back([this, i](const std::stop_token& stop) { call_for_drains(stop, i); });
}

Verdict Scene::end_round() {
  const std::vector<Call> calls = load_->finish();
  drainers_.clear();
  HttpClient client = servers_.front()->client();
  drain(client);
  return check_history(calls, observe(world_, client, sessions_));
}

void Scene::go_on(std::size_t turns) {
  const std::size_t enough = load_->acknowledged() + turns;
  if (eventually([&] { return load_->acknowledged() >= enough; })) return;
  throw std::runtime_error("no turn is accepted after the fault: " + load_->finish().back().error);
}

void Scene::start_again(std::size_t instance) {
  servers_.at(instance)->start_again();
  ports_.at(instance) = servers_.at(instance)->port();
  load_->move_to(instance, servers_.at(instance)->port());
}

void Scene::call_for_drains(const std::stop_token& stop, std::size_t instance) {
  std::optional<HttpClient> client;
  while (!stop.stop_requested()) {
    try {
      if (!client) client.emplace(ports_.at(instance), "127.0.0.1", std::chrono::seconds(5));
      client->get("/sync_now");
    } catch (const std::exception&) {
      // A fault struck; the next call is to a new connection.
      client.reset();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace chatsync::test

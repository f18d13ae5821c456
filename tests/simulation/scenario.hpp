#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulation/ledger.hpp"
#include "simulation/node.hpp"
#include "simulation/run.hpp"

namespace chatsync::simulation {

/// One run: instances, clients and faults as the seed has them; then everything is healed and judged.
class Scenario {
 public:
  Scenario(std::uint64_t seed, bool traced);
  ~Scenario() = default;
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  RunReport run();

 private:
  struct Client {
    int number = 0;
    int calls_left = 0;
    std::string own_session;  ///< Made by the service for this client; empty while it has none.
  };

  // The workload.
  void next_step(Client& client);
  void rest(Client& client);
  void ask(Client& client, Node& node);
  void take_reply(Client& client, const std::string& user_id, Result<service::ChatReply> reply);
  void read(Client& client, Node& node);
  void sync(Client& client, Node& node);
  void create(Client& client, Node& node);
  void erase(Client& client, Node& node);
  void write_as_stranger();
  Node* pick_node();

  // The faults.
  void draw_faults();
  void strike();
  void stop_cache();
  void start_cache();
  void reconnect_soon();
  void shut_down(Node& node);
  void add_node();

  // The end.
  void heal();
  void run_until(Micros deadline);
  bool sync_at_last();
  void end_nodes();

  World world_;
  Conditions cache_conditions_;
  Conditions store_conditions_;
  CacheServer cache_;
  StoreServer store_;
  Ledger ledger_;
  Surroundings surroundings_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> sessions_;
  std::vector<CacheMemory> snapshots_;
  std::vector<double> weights_;  ///< How likely each kind of fault strikes when its turn comes.
  RunReport report_;
  std::size_t busy_ = 0;  ///< Clients that have not ended.
  int next_call_ = 0;
  int next_node_ = 0;
  double erases_ = 0;
  double strangers_ = 0;
  double poison_ = 0;
  Micros think_ = 0;
  Micros idle_until_ = 0;
  int naps_ = 2;
  bool rewinds_ = false;  ///< The cache may come back without all it had.
  bool healed_ = false;
};

}  // namespace chatsync::simulation

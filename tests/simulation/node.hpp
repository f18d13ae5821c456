#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "chat/answerer.hpp"
#include "service/chat_service.hpp"
#include "simulation/cache_ports.hpp"
#include "simulation/link.hpp"
#include "simulation/node_clock.hpp"
#include "simulation/store_port.hpp"
#include "support/fakes/no_dead_letters.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::simulation {

/// The answer to a question, in every run.
std::string answer_to(std::string_view question);

/// What the nodes of a run share.
struct Surroundings {
  World& world;
  CacheServer& cache;
  StoreServer& store;
  const Conditions& cache_conditions;
  const Conditions& store_conditions;
  sync::SynchronizerOptions options;
};

/// One instance of the server: the production service and synchroniser over simulated ports, as in
/// app/serve.cpp, with one connection to the cache for requests and one for the synchroniser.
class Node {
 public:
  Node(const Surroundings& surroundings, std::string name, std::uint64_t seed);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool running() const { return process.state == Process::State::running; }

  /// Nothing of it is seen from here on; see Process.
  void kill() { process.state = Process::State::dead; }
  void freeze() { process.state = Process::State::frozen; }
  void thaw();

  /// Ends everything that goes on in the process, whatever its state. Nothing of it reaches the servers.
  /// False if something does not end: then the node must not be destroyed.
  bool release();

 private:
  class Echo final : public Answerer {
   public:
    bool wants_history() const override { return wants; }
    AsyncResult<Answer> answer(Question question) override;
    bool wants = false;
  };

 public:
  Process process;
  NodeClock clock;
  CachePort request_cache;
  CachePort sync_cache;
  StorePort store;

 private:
  test::NoDeadLetters letters_;
  Echo answerer_;
  service::ServiceMetrics metrics_;

 public:
  sync::Synchronizer synchronizer;
  service::ChatService service;

 private:
  bool loop_ended_ = false;
};

}  // namespace chatsync::simulation

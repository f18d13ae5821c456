#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "answer/echo_answerer.hpp"
#include "base/clock.hpp"
#include "contract/cache_rig.hpp"
#include "contract/coroutine_test.hpp"
#include "contract/faulty_ports.hpp"
#include "contract/store_rig.hpp"
#include "contract/turns.hpp"
#include "service/chat_service.hpp"
#include "support/fakes/no_dead_letters.hpp"
#include "sync/synchronizer.hpp"

namespace chatsync::test {

/// The fixture of what the service and the synchroniser promise over each cache and each store together.
/// Nothing is drained in the background: only sync_now() drains.
class SystemContract : public CoroutineTest,
                       public ::testing::WithParamInterface<std::tuple<CacheKind, StoreKind>> {
 protected:
  SystemContract() { start(); }
  ~SystemContract() override { stop(); }

  service::ChatService& service() { return program_->service; }
  FaultyStore& store() { return store_; }
  FaultyCache& cache() { return cache_; }
  FaultyPending& pending() { return pending_; }
  CacheRig& cache_rig() { return *cache_rig_; }
  StoreRig& store_rig() { return *store_rig_; }

  /// The whole program ends and starts again over the same data.
  void restart() {
    stop();
    cache_rig_->restart();
    store_rig_->restart();
    start();
  }

  /// The cache loses what it holds, as an emptied Redis does; the program goes on.
  void empty_the_cache() {
    stop();
    cache_rig_->lose_everything();
    start();
  }

  service::ChatReply chat(const std::string& session_id, const std::string& message,
                          service::Durability durability = service::Durability::cached) {
    return ok(service().chat(
        {.session_id = session_id, .user_id = "ann", .message = message, .durability = durability}));
  }
  /// Asks "question <n>" for each number.
  void chat_numbers(const std::string& session_id, int first, int last) {
    for (int number = first; number <= last; ++number) chat(session_id, fmt::format("question {}", number));
  }

  sync::DrainReport sync_now() { return await(service().sync_now()); }

  service::MessageList messages(const std::string& session_id, TurnPage page = {.limit = 1'000}) {
    return ok(service().messages(session_id, page));
  }
  std::vector<std::string> questions(const std::string& session_id, TurnPage page = {.limit = 1'000}) {
    std::vector<std::string> texts;
    for (const Turn& turn : messages(session_id, page).turns) texts.push_back(turn.question);
    return texts;
  }
  static std::vector<std::string> numbered(int first, int last) {
    std::vector<std::string> texts;
    for (int number = first; number <= last; ++number) texts.push_back(fmt::format("question {}", number));
    return texts;
  }

  /// What stands in the store's tables, past all layers: the session's seqs in order of time.
  std::vector<std::string> stored_seqs(const std::string& session_id) {
    return store_rig_->select(
        fmt::format("SELECT seq FROM chat_messages WHERE session_id = '{}' ORDER BY ts", session_id));
  }
  static std::vector<std::string> seqs(int first, int last) {
    std::vector<std::string> texts;
    for (int number = first; number <= last; ++number) texts.push_back(std::to_string(number));
    return texts;
  }

 private:
  struct Program {
    Program(boost::asio::io_context& io, TurnCache& cache, PendingTurns& pending, TurnStore& store,
            const Clock& clock)
        : synchronizer(io.get_executor(), cache, pending, store, clock,
                       {.interval = std::chrono::hours(1), .batch_turns = 20}),
          service(cache, store, letters, answerer, synchronizer, clock, metrics, IdGenerator()) {}

    NoDeadLetters letters;
    answer::EchoAnswerer answerer;
    service::ServiceMetrics metrics;
    sync::Synchronizer synchronizer;
    service::ChatService service;
  };

  void start() {
    program_ = std::make_unique<Program>(io(), cache_, pending_, store_, clock_);
    // As after the look at the store that begins the synchroniser's loop, which does not run here.
    ok(cache_.health());
    sync::CacheTrust& trust = program_->synchronizer.trust();
    trust.grant(cache_.lineage(), trust.epoch());
  }
  void stop() {
    program_->synchronizer.stop();
    await(program_->synchronizer.run());
    program_.reset();
  }

  SystemClock clock_;
  std::unique_ptr<CacheRig> cache_rig_ = make_cache_rig(std::get<0>(GetParam()), io());
  std::unique_ptr<StoreRig> store_rig_ = make_store_rig(std::get<1>(GetParam()));
  FaultyStore store_{[this]() -> TurnStore& { return store_rig_->store(); }};
  FaultyCache cache_{[this]() -> TurnCache& { return cache_rig_->cache(); }};
  FaultyPending pending_{[this]() -> PendingTurns& { return cache_rig_->pending(); }};
  std::unique_ptr<Program> program_;
};

inline auto every_combination() {
  return ::testing::Combine(::testing::Values(CacheKind::redis, CacheKind::embedded),
                            ::testing::Values(StoreKind::mysql, StoreKind::sqlite));
}

inline std::string combination_name(const ::testing::TestParamInfo<std::tuple<CacheKind, StoreKind>>& info) {
  return ::testing::PrintToString(std::get<0>(info.param)) + "_" +
         ::testing::PrintToString(std::get<1>(info.param));
}

}  // namespace chatsync::test

#pragma once

#include "answer/echo_answerer.hpp"
#include "service/chat_service.hpp"
#include "support/fakes/no_dead_letters.hpp"
#include "unit/sync/sync_fixture.hpp"

namespace chatsync::service {

/// A ChatService over the cache and store in memory, past the first look at the store. The synchroniser's
/// loop does not run; sync_now() works.
class ServiceFixture : public sync::SyncFixture {
 protected:
  ServiceFixture() { synchronizer.trust().grant(cache.lineage(), synchronizer.trust().epoch()); }

  Result<ChatReply> chat(std::optional<std::string> session_id, std::string message,
                         Durability durability = Durability::cached) {
    return test::run_coroutine(io, service.chat({.session_id = std::move(session_id),
                                                 .message = std::move(message),
                                                 .durability = durability}));
  }

  void sync() {
    const auto report = test::run_coroutine(io, service.sync_now());
    ASSERT_FALSE(report.failure) << report.failure->message;
  }

  test::NoDeadLetters letters;
  answer::EchoAnswerer echo;
  ServiceMetrics metrics;
  sync::Synchronizer synchronizer{io.get_executor(), cache, cache, store, clock, {}};
  ChatService service{cache, store, letters, echo, synchronizer, clock, metrics, IdGenerator(1)};
};

}  // namespace chatsync::service

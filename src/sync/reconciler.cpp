#include "sync/reconciler.hpp"

#include <expected>
#include <map>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "sync/load_session.hpp"

namespace chatsync::sync {
namespace {

using Reconciled = std::expected<void, ReconcileFailure>;

constexpr std::size_t kSessionsAtOnce = 500;

std::unexpected<ReconcileFailure> of_store(Error error) {
  return std::unexpected(ReconcileFailure{.error = std::move(error)});
}

std::unexpected<ReconcileFailure> of_cache(Error error) {
  return std::unexpected(ReconcileFailure{.error = std::move(error), .of_cache = true});
}

std::unexpected<ReconcileFailure> failed(const Error& error) {
  return error.code == kStoreNotAsked ? of_store(error) : of_cache(error);
}

}  // namespace

boost::asio::awaitable<Reconciled> Reconciler::run(std::size_t* settled) {
  const std::uint64_t epoch = trust_.epoch();
  // The lineage first: a cache that is replaced in mid-work is then trusted under a name that it has no more.
  const std::uint64_t lineage = cache_.lineage();
  if (!trust_.trusts(lineage)) {
    const Result<void> admitted = co_await admit_cache(&cache_, &store_);
    if (!admitted) co_return failed(admitted.error());
  }
  Reconciled done = co_await settle_all(settled);
  if (!done) co_return done;
  if (!trust_.trusts(lineage) && lineage != 0) {
    const Result<bool> known = co_await store_.knows_lineage(lineage);
    if (!known) co_return of_store(known.error());
    if (!*known) {
      done = co_await compare_all(settled);
      if (!done) co_return done;
      if (cache_.lineage() != lineage) co_return Reconciled();
      const Result<void> noted = co_await store_.note_lineage(lineage);
      if (!noted) co_return of_store(noted.error());
    }
  }
  trust_.grant(lineage, epoch);
  co_return Reconciled();
}

boost::asio::awaitable<Reconciled> Reconciler::settle_all(std::size_t* settled) {
  std::string after;
  while (true) {
    const Result<std::vector<std::string>> sessions =
        co_await store_.unsettled_sessions(after, kSessionsAtOnce);
    if (!sessions) co_return of_store(sessions.error());
    if (sessions->empty()) co_return Reconciled();
    for (const std::string& session_id : *sessions) {
      Reconciled done = co_await load(session_id, settled);
      if (!done) co_return done;
    }
    after = sessions->back();
  }
}

boost::asio::awaitable<Reconciled> Reconciler::compare_all(std::size_t* settled) {
  log_info("the cache has started anew since its sessions were last compared with the store: comparing them");
  const std::unique_ptr<SessionWalk> walk = pending_.walk_sessions();
  std::size_t compared = 0;
  std::size_t raised = 0;
  while (true) {
    Result<std::vector<SessionTally>> tallies = co_await walk->next(kSessionsAtOnce);
    if (!tallies) co_return of_cache(std::move(tallies).error());
    if (tallies->empty()) break;
    std::map<std::string, std::int64_t> cached;
    std::vector<std::string> ids;
    for (SessionTally& tally : *tallies) {
      if (cached.try_emplace(tally.session_id, tally.question_count).second)
        ids.push_back(std::move(tally.session_id));
    }
    compared += ids.size();
    const Result<std::vector<SessionCount>> stored = co_await store_.counts_of(std::move(ids));
    if (!stored) co_return of_store(stored.error());
    std::vector<std::string> to_load;
    for (const SessionCount& count : *stored) {
      const auto tally = cached.extract(count.session_id);
      if (tally.mapped() < count.question_count) to_load.push_back(count.session_id);
    }
    raised += to_load.size();
    // The store does not know the rest: they are not synced yet, or were erased since this memory was saved.
    for (auto& [session_id, count] : cached) to_load.push_back(session_id);
    for (std::string& session_id : to_load) {
      Reconciled done = co_await load(std::move(session_id), settled);
      if (!done) co_return done;
    }
  }
  log_info("compared {} cached sessions with the store; {} were behind it and go on from its count", compared,
           raised);
  co_return Reconciled();
}

boost::asio::awaitable<Reconciled> Reconciler::load(std::string session_id, std::size_t* settled) {
  const Result<LoadedAs> loaded = co_await load_session(&cache_, &store_, session_id, settled);
  if (!loaded) co_return failed(loaded.error());
  if (*loaded != LoadedAs::erased) co_return Reconciled();
  const Result<std::size_t> erased = co_await cache_.erase(std::move(session_id));
  if (!erased) co_return of_cache(erased.error());
  co_return Reconciled();
}

}  // namespace chatsync::sync

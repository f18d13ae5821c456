#include "sync/search_indexer.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "base/log.hpp"

namespace chatsync::sync {
namespace {

constexpr std::size_t kTurnsAtOnce = 200;
constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kAfterFailure{30};

}  // namespace

SearchIndexer::SearchIndexer(boost::asio::any_io_executor executor, IndexTurns index_turns,
                             const Clock& clock)
    : executor_(std::move(executor)),
      index_turns_(std::move(index_turns)),
      clock_(clock),
      alarm_(clock.make_alarm(executor_)) {}

boost::asio::awaitable<void> SearchIndexer::run() {
  while (!stopping_) {
    const Result<std::size_t> indexed = co_await index_turns_(kTurnsAtOnce);
    if (indexed && *indexed > 0) continue;
    if (!indexed) log_warning("the search index stands still for the moment: {}", indexed.error().message);
    if (stopping_) break;
    co_await alarm_->wait_until(clock_.steady_now() + (indexed ? kLookEvery : kAfterFailure));
  }
}

// All of it on the executor: run() ends after it, so that the object is there as long as it takes.
void SearchIndexer::stop() {
  boost::asio::post(executor_, [this] {
    stopping_ = true;
    alarm_->ring();
  });
}

}  // namespace chatsync::sync

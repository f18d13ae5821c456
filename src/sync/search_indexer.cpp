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

SearchIndexer::SearchIndexer(boost::asio::any_io_executor executor, ConversationStore& store,
                             const Clock& clock)
    : executor_(std::move(executor)), store_(store), clock_(clock), alarm_(clock.make_alarm(executor_)) {}

boost::asio::awaitable<void> SearchIndexer::run() {
  while (!stopping_) {
    const Result<std::size_t> indexed = co_await store_.index_turns(kTurnsAtOnce);
    if (indexed && *indexed > 0) continue;
    if (!indexed) log_warning("the search index stands still for the moment: {}", indexed.error().message);
    if (stopping_) break;
    co_await alarm_->wait_until(clock_.steady_now() + (indexed ? kLookEvery : kAfterFailure));
  }
}

void SearchIndexer::stop() {
  stopping_ = true;
  boost::asio::post(executor_, [this] { alarm_->ring(); });
}

}  // namespace chatsync::sync

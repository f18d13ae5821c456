#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace chatsync::sync {

/// Puts what the store has taken into its full-text index: a few turns at a time, and looks every second
/// whether there are new ones. Any number of instances may do so at once. Lives on one executor; run() must
/// have ended before the object is destroyed.
class SearchIndexer {
 public:
  /// As ConversationStore::index_turns(), which it is to call.
  using IndexTurns = std::function<AsyncResult<std::size_t>(std::size_t limit)>;

  SearchIndexer(boost::asio::any_io_executor executor, IndexTurns index_turns, const Clock& clock);

  /// The background loop; spawn once, on the executor. Ends after stop(), when the turns under way are done.
  boost::asio::awaitable<void> run();

  /// Any thread.
  void stop();

 private:
  boost::asio::any_io_executor executor_;
  const IndexTurns index_turns_;
  const Clock& clock_;
  std::unique_ptr<Alarm> alarm_;
  bool stopping_ = false;
};

}  // namespace chatsync::sync

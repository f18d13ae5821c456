#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/clock.hpp"
#include "chat/conversation_store.hpp"

namespace chatsync::sync {

/// Puts what the store has taken into its full-text index: a few turns at a time, and looks every second
/// whether there are new ones. Any number of instances may do so at once. Lives on one executor; run() must
/// have ended before the object is destroyed.
class SearchIndexer {
 public:
  SearchIndexer(boost::asio::any_io_executor executor, ConversationStore& store, const Clock& clock);

  /// The background loop; spawn once, on the executor. Ends after stop(), when the turns under way are done.
  boost::asio::awaitable<void> run();

  /// Any thread.
  void stop();

 private:
  boost::asio::any_io_executor executor_;
  ConversationStore& store_;
  const Clock& clock_;
  std::unique_ptr<Alarm> alarm_;
  std::atomic<bool> stopping_{false};
};

}  // namespace chatsync::sync

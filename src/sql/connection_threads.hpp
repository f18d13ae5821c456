#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/blocking_pool.hpp"

namespace chatsync::sql {

/// Connections to a file, with as many threads to use them: run() lends a free one to a piece of blocking
/// work. Thread-safe. The destructor waits for the work under way.
template <class Connection>
class ConnectionThreads {
 public:
  explicit ConnectionThreads(std::vector<Connection> connections)
      : connections_(std::move(connections)), pool_(connections_.size()) {
    for (Connection& connection : connections_) free_.push_back(&connection);
  }

  /// See BlockingPool::run(); `work` is called with a connection that nobody else uses meanwhile.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work, Connection&>> run(Work work) {
    return pool_.run([this, work = std::move(work)]() mutable {
      const Loan loan(*this);
      return work(*loan.connection);
    });
  }

 private:
  struct Loan {
    explicit Loan(ConnectionThreads& from) : lender(from) {
      const std::scoped_lock lock(lender.mutex_);
      connection = lender.free_.back();
      lender.free_.pop_back();
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      const std::scoped_lock lock(lender.mutex_);
      lender.free_.push_back(connection);
    }

    ConnectionThreads& lender;
    Connection* connection = nullptr;
  };

  std::vector<Connection> connections_;
  std::mutex mutex_;
  std::vector<Connection*> free_;  // guarded by mutex_; never empty while a thread asks
  BlockingPool pool_;              // last: its threads end before what they use
};

}  // namespace chatsync::sql

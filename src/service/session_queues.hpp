#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"

namespace chatsync::service {

/// The turns of each session that wait for the one before them in this process: first come, first served.
/// Shared by the services of all I/O threads; any thread. It must outlive the places in it.
class SessionQueues {
 public:
  struct Waiter;

  /// In front of its session's queue, until it is destroyed.
  class Place {
   public:
    Place(SessionQueues* queues, std::string session_id) : queues_(queues), session_(std::move(session_id)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { queues_->leave(session_); }

   private:
    SessionQueues* queues_;
    std::string session_;
  };

  explicit SessionQueues(const Clock& clock) : clock_(clock) {}

  /// Null if it has not come to the front by the deadline; one that is over asks whether the way is free.
  boost::asio::awaitable<std::unique_ptr<Place>> enter(std::string session_id, SteadyTime deadline);

 private:
  /// Whether `waiter` is in front now; else it waits in the queue.
  bool join(const std::string& session_id, const std::shared_ptr<Waiter>& waiter, bool may_wait);
  /// Whether it has come to the front after all.
  bool give_up(const std::string& session_id, const std::shared_ptr<Waiter>& waiter);
  void leave(const std::string& session_id);

  const Clock& clock_;
  std::mutex mutex_;
  /// Those that wait, of the sessions that somebody is in front of.
  std::unordered_map<std::string, std::deque<std::shared_ptr<Waiter>>> sessions_;  // guarded by mutex_
};

}  // namespace chatsync::service

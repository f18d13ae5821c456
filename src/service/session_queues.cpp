#include "service/session_queues.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace chatsync::service {

struct SessionQueues::Waiter {
  boost::asio::any_io_executor executor;
  std::unique_ptr<Alarm> called;  ///< On its executor.
  std::atomic<bool> in_front{false};
};

boost::asio::awaitable<std::unique_ptr<SessionQueues::Place>> SessionQueues::enter(std::string session_id,
                                                                                   SteadyTime deadline) {
  const auto waiter = std::make_shared<Waiter>();
  waiter->executor = co_await boost::asio::this_coro::executor;
  const bool may_wait = clock_.steady_now() < deadline;
  if (may_wait) waiter->called = clock_.make_alarm(waiter->executor);
  bool in_front = join(session_id, waiter, may_wait);
  if (!in_front && !may_wait) co_return nullptr;
  while (!in_front) {
    co_await waiter->called->wait_until(deadline);
    in_front = waiter->in_front || (clock_.steady_now() >= deadline && give_up(session_id, waiter));
    if (!in_front && clock_.steady_now() >= deadline) co_return nullptr;
  }
  co_return std::make_unique<Place>(this, std::move(session_id));
}

bool SessionQueues::join(const std::string& session_id, const std::shared_ptr<Waiter>& waiter,
                         bool may_wait) {
  const std::scoped_lock lock(mutex_);
  const auto [session, free] = sessions_.try_emplace(session_id);
  if (!free && may_wait) session->second.push_back(waiter);
  return free;
}

bool SessionQueues::give_up(const std::string& session_id, const std::shared_ptr<Waiter>& waiter) {
  const std::scoped_lock lock(mutex_);
  if (waiter->in_front) return true;
  if (const auto session = sessions_.find(session_id); session != sessions_.end()) {
    std::erase(session->second, waiter);
  }
  return false;
}

void SessionQueues::leave(const std::string& session_id) {
  const std::scoped_lock lock(mutex_);
  const auto session = sessions_.find(session_id);
  if (session->second.empty()) {
    sessions_.erase(session);
    return;
  }
  // The front stays taken on behalf of the next, so that nobody can slip in between.
  const std::shared_ptr<Waiter> next = std::move(session->second.front());
  session->second.pop_front();
  next->in_front = true;
  boost::asio::post(next->executor, [next] { next->called->ring(); });
}

}  // namespace chatsync::service

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/task_group.hpp"
#include "chat/session_locks.hpp"
#include "chat/turn_claims.hpp"
#include "service/turn_permit.hpp"

namespace chatsync::service {

/// How long an instance that has died keeps others waiting.
inline constexpr std::chrono::seconds kLease{10};

/// Renews claims and locks while their turns are answered, and hears what other instances ask for: see
/// permit_keeper.cpp. Used from one executor.
class PermitKeeper {
 public:
  /// Without `locks` there are no other instances. The references must outlive it, and it finished().
  PermitKeeper(const boost::asio::any_io_executor& executor, TurnClaims& claims, SessionLocks* locks,
               const Clock& clock);

  void keep(std::shared_ptr<TurnPermit> permit);
  void let_go(const std::shared_ptr<TurnPermit>& permit);

  /// Returns when no permit is kept.
  boost::asio::awaitable<void> finished() { return tasks_.join(); }

 private:
  boost::asio::awaitable<void> look_after_all();
  boost::asio::awaitable<bool> is_signalled();
  boost::asio::awaitable<void> renew(std::shared_ptr<TurnPermit> permit);

  TurnClaims& claims_;
  SessionLocks* locks_;
  const Clock& clock_;
  std::unique_ptr<Alarm> alarm_;
  std::unordered_set<std::shared_ptr<TurnPermit>> permits_;
  std::optional<std::int64_t> signals_;  ///< What was seen last.
  bool running_ = false;
  TaskGroup tasks_;
};

}  // namespace chatsync::service

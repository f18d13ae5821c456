// While any turn is being answered, one coroutine looks after all of them: it renews their leases well before
// these are over, and reads, a few times a second, one number that changes when some instance was told
// something. Only then does it look at the locks themselves. So a cancellation arrives within half a second
// and costs nothing while nobody cancels, however many answers are under way.
//
// A renewal that fails is not repeated before the next one is due: a claim that is lost by it is noticed when
// the turn is recorded.
#include "service/permit_keeper.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace chatsync::service {
namespace {

constexpr std::chrono::seconds kRenewal{3};
constexpr std::chrono::milliseconds kLook{400};

}  // namespace

PermitKeeper::PermitKeeper(const boost::asio::any_io_executor& executor, TurnClaims& claims,
                           SessionLocks* locks, const Clock& clock)
    : claims_(claims), locks_(locks), clock_(clock), alarm_(clock.make_alarm(executor)), tasks_(executor) {}

void PermitKeeper::keep(std::shared_ptr<TurnPermit> permit) {
  permits_.insert(std::move(permit));
  if (!std::exchange(running_, true)) tasks_.spawn("leases of turns", look_after_all());
}

void PermitKeeper::let_go(const std::shared_ptr<TurnPermit>& permit) {
  permits_.erase(permit);
  if (permits_.empty()) alarm_->ring();
}

boost::asio::awaitable<void> PermitKeeper::look_after_all() {
  SteadyTime renewal = clock_.steady_now() + kRenewal;
  while (!permits_.empty()) {
    co_await alarm_->wait_until(std::min(renewal, clock_.steady_now() + (locks_ ? kLook : kRenewal)));
    const bool due = clock_.steady_now() >= renewal;
    if (due) renewal = clock_.steady_now() + kRenewal;
    if (permits_.empty() || (!due && !co_await is_signalled())) continue;
    const std::vector<std::shared_ptr<TurnPermit>> kept(permits_.begin(), permits_.end());
    for (const auto& permit : kept) tasks_.spawn("lease of a turn", renew(permit));
  }
  running_ = false;
}

boost::asio::awaitable<bool> PermitKeeper::is_signalled() {
  if (locks_ == nullptr) co_return false;
  const Result<std::int64_t> signals = co_await locks_->signals();
  co_return signals&& std::exchange(signals_, *signals) != *signals;
}

boost::asio::awaitable<void> PermitKeeper::renew(std::shared_ptr<TurnPermit> permit) {
  if (permit->claimed) {
    [[maybe_unused]] const Result<bool> kept = co_await claims_.renew(permit->turn_id, permit->owner, kLease);
  }
  if (!permit->locked) co_return;
  const Result<LockState> state = co_await locks_->renew(permit->session_id, permit->owner, kLease);
  if (!state || !permits_.contains(permit)) co_return;
  if (state->cancel && !std::exchange(permit->cancelling, true) && permit->cancel) permit->cancel();
  if (state->publish && !std::exchange(permit->publishing, true) && permit->publish) permit->publish();
}

}  // namespace chatsync::service

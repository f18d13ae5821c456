#include "answer/admission.hpp"

#include <utility>

namespace chatsync::answer {
namespace {

std::unexpected<Error> closing() {
  return fail(ErrorKind::model_failed, "the server is stopping", "cancelled");
}

}  // namespace

Admission::Place::Place(Place&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)) {}

Admission::Place::~Place() {
  if (admission_ != nullptr) admission_->leave();
}

Admission::Admission(boost::asio::any_io_executor executor, const Clock& clock, std::size_t places)
    : executor_(std::move(executor)), clock_(clock), places_(places) {}

AsyncResult<Admission::Place> Admission::enter(SteadyTime deadline) {
  if (closed_) co_return closing();
  if (taken_ < places_) {
    ++taken_;
    co_return Place(this);
  }
  if (waiters_.size() >= places_) {
    Error busy{.kind = ErrorKind::overloaded,
               .message =
                   "the model server has as many requests as LLM_MAX_CONCURRENCY allows, and as many "
                   "wait: try again later",
               .code = "llm_busy"};
    co_return std::unexpected(std::move(busy));
  }
  Waiter waiter{.alarm = clock_.make_alarm(executor_)};
  waiters_.push_back(&waiter);
  co_await waiter.alarm->wait_until(deadline);
  if (waiter.admitted) co_return Place(this);
  waiters_.remove(&waiter);
  if (closed_) co_return closing();
  co_return fail(ErrorKind::model_timeout,
                 "LLM_TIMEOUT is over: the request has waited for others that the model server answers",
                 "model_timeout");
}

void Admission::close() {
  closed_ = true;
  for (const Waiter* waiter : waiters_) waiter->alarm->ring();
}

void Admission::leave() {
  if (waiters_.empty()) {
    --taken_;
    return;
  }
  // The place goes straight to the next in line, so that nobody can slip in between.
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->admitted = true;
  next->alarm->ring();
}

}  // namespace chatsync::answer

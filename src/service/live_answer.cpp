#include "service/live_answer.hpp"

#include <utility>

namespace chatsync::service {

LiveAnswer::LiveAnswer(boost::asio::any_io_executor executor, const Clock& clock)
    : clock_(clock), changed_(clock.make_alarm(std::move(executor))) {}

boost::asio::awaitable<LiveAnswer::Step> LiveAnswer::next(SteadyTime deadline) {
  while (!has_next() && clock_.steady_now() < deadline) co_await changed_->wait_until(deadline);
  if (!events_.empty()) {
    Step step{.kind = Step::Kind::event, .data = std::move(events_.front())};
    events_.pop_front();
    co_return step;
  }
  if (!ended_) co_return Step{};
  if (failure_) co_return Step{.kind = Step::Kind::broken, .failure = failure_};
  co_return Step{.kind = Step::Kind::whole};
}

void LiveAnswer::leave() {
  left_ = true;
  events_.clear();
}

void LiveAnswer::set_source(AnswerStream* source) {
  source_ = source;
  if (source_ != nullptr && cancelled_) source_->cancel();
}

void LiveAnswer::push(std::string data) {
  if (left_) return;
  events_.push_back(std::move(data));
  changed_->ring();
}

void LiveAnswer::end(std::optional<Error> failure) {
  ended_ = true;
  failure_ = std::move(failure);
  changed_->ring();
}

void LiveAnswer::cancel() {
  cancelled_ = true;
  if (source_ != nullptr) source_->cancel();
}

}  // namespace chatsync::service

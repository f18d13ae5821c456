#include "service/live_answer.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace chatsync::service {
namespace {

/// Among those that are rung while it lives.
class Listed {
 public:
  Listed(std::vector<Alarm*>& list, Alarm* alarm) : list_(list), alarm_(alarm) { list_.push_back(alarm_); }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  ~Listed() { std::erase(list_, alarm_); }

 private:
  std::vector<Alarm*>& list_;
  Alarm* alarm_;
};

/// Not within a character, and not behind the end.
std::size_t beginning_of_character(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

}  // namespace

LiveAnswer::LiveAnswer(boost::asio::any_io_executor executor, const Clock& clock, TurnName turn,
                       Reading reading)
    : executor_(std::move(executor)),
      clock_(clock),
      turn_name_(std::move(turn)),
      reading_(reading),
      changed_(clock.make_alarm(executor_)) {}

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

boost::asio::awaitable<LiveAnswer::Piece> LiveAnswer::read(std::shared_ptr<LiveAnswer> answer, Place place,
                                                           SteadyTime deadline) {
  if (co_await boost::asio::this_coro::executor == answer->executor_) {
    co_return co_await answer->read_here(place, deadline);
  }
  co_return co_await boost::asio::co_spawn(answer->executor_, answer->read_here(place, deadline),
                                           boost::asio::use_awaitable);
}

boost::asio::awaitable<LiveAnswer::Piece> LiveAnswer::read_here(Place place, SteadyTime deadline) {
  if (!ended_ && !is_beyond(place) && clock_.steady_now() < deadline) {
    const std::unique_ptr<Alarm> changed = clock_.make_alarm(executor_);
    const Listed listed(readers_, changed.get());
    while (!ended_ && !is_beyond(place) && clock_.steady_now() < deadline) {
      co_await changed->wait_until(deadline);
    }
  }
  Piece piece;
  piece.text = text().substr(beginning_of_character(text(), place.text));
  if (assembler_.call_changes() != place.call_changes) piece.tool_calls = assembler_.tool_calls();
  piece.place = {.text = std::max(place.text, text().size()), .call_changes = assembler_.call_changes()};
  piece.ended = ended_;
  piece.turn = turn_;
  piece.failure = failure_;
  co_return piece;
}

bool LiveAnswer::is_beyond(const Place& place) const {
  return text().size() > place.text || assembler_.call_changes() > place.call_changes;
}

void LiveAnswer::set_source(AnswerStream* source) {
  source_ = source;
  if (source_ != nullptr && cancelled_) source_->cancel();
}

Result<CompletionAssembler::Chunk> LiveAnswer::assemble(std::string_view data) {
  auto chunk = assembler_.add(data);
  if (chunk) ring();
  return chunk;
}

void LiveAnswer::push(std::string data) {
  if (left_ || reading_ != Reading::chunks) return;
  events_.push_back(std::move(data));
  changed_->ring();
}

void LiveAnswer::end(std::optional<RecordedTurn> turn, std::optional<Error> failure) {
  ended_ = true;
  turn_ = std::move(turn);
  failure_ = std::move(failure);
  changed_->ring();
  ring();
}

void LiveAnswer::ring() {
  for (Alarm* reader : readers_) reader->ring();
}

void LiveAnswer::cancel() {
  cancelled_ = true;
  if (source_ != nullptr) source_->cancel();
}

}  // namespace chatsync::service

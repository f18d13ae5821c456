#include "service/running_answers.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace chatsync::service {

std::uint64_t RunningAnswers::add(boost::asio::any_io_executor executor,
                                  const std::shared_ptr<LiveAnswer>& answer, Kind kind) {
  const std::scoped_lock lock(mutex_);
  entries_.emplace(
      ++last_id_,
      Entry{.turn_id = answer->turn_name().turn_id, .executor = std::move(executor), .answer = answer});
  if (kind == Kind::streamed) by_turn_[answer->turn_name().turn_id] = last_id_;
  return last_id_;
}

void RunningAnswers::note_answered(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = entries_.find(id); found != entries_.end()) found->second.answered = true;
}

void RunningAnswers::remove(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  const auto by_turn = by_turn_.find(entry->second.turn_id);
  if (by_turn != by_turn_.end() && by_turn->second == id) by_turn_.erase(by_turn);
  entries_.erase(entry);
}

std::shared_ptr<LiveAnswer> RunningAnswers::find(const std::string& turn_id) {
  const std::scoped_lock lock(mutex_);
  const auto id = by_turn_.find(turn_id);
  return id == by_turn_.end() ? nullptr : entries_.at(id->second).answer.lock();
}

bool RunningAnswers::cancel_turn(const std::string& turn_id) {
  const std::scoped_lock lock(mutex_);
  const auto id = by_turn_.find(turn_id);
  if (id == by_turn_.end()) return false;
  const Entry& entry = entries_.at(id->second);
  if (!entry.answered) break_off(entry);
  return !entry.answered;
}

void RunningAnswers::break_off(const Entry& entry) {
  boost::asio::post(entry.executor, [weak = entry.answer] {
    if (const auto running = weak.lock()) running->cancel();
  });
}

std::size_t RunningAnswers::cancel(const std::string& session_id) {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, entry] : entries_) {
    const std::shared_ptr<LiveAnswer> answer = entry.answer.lock();
    if (!answer || entry.answered || answer->turn_name().session_id != session_id) continue;
    ++count;
    break_off(entry);
  }
  return count;
}

}  // namespace chatsync::service

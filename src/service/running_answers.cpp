#include "service/running_answers.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace chatsync::service {

std::uint64_t RunningAnswers::add(std::string session_id, boost::asio::any_io_executor executor,
                                  const std::shared_ptr<LiveAnswer>& answer) {
  const std::scoped_lock lock(mutex_);
  entries_.emplace(++last_id_, Entry{std::move(session_id), std::move(executor), answer});
  return last_id_;
}

void RunningAnswers::remove(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  entries_.erase(id);
}

std::size_t RunningAnswers::cancel(const std::string& session_id) {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, entry] : entries_) {
    if (entry.session_id != session_id) continue;
    ++count;
    boost::asio::post(entry.executor, [answer = entry.answer] {
      if (const auto running = answer.lock()) running->cancel();
    });
  }
  return count;
}

}  // namespace chatsync::service

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "service/live_answer.hpp"

namespace chatsync::service {

/// The streamed answers of sessions that are under way, for those who want to cancel one. Shared by the
/// services of all I/O threads; any thread.
class RunningAnswers {
 public:
  /// Lists an answer, which is used on `executor`, until remove() of what is returned.
  std::uint64_t add(std::string session_id, boost::asio::any_io_executor executor,
                    const std::shared_ptr<LiveAnswer>& answer);
  void remove(std::uint64_t id);

  /// Has the session's answers broken off, and returns how many these are. They end soon after, not at once.
  std::size_t cancel(const std::string& session_id);

 private:
  struct Entry {
    std::string session_id;
    boost::asio::any_io_executor executor;
    std::weak_ptr<LiveAnswer> answer;
  };

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Entry> entries_;
};

}  // namespace chatsync::service

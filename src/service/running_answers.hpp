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

/// The answers with a turn that are under way, for those who want to cancel one or to read along.
/// Shared by the services of all I/O threads; any thread.
class RunningAnswers {
 public:
  enum class Kind {
    streamed,
    whole,  ///< There is nothing to read of it before its end.
  };

  /// Lists an answer, which is used on `executor`, until remove() of what is returned.
  std::uint64_t add(boost::asio::any_io_executor executor, const std::shared_ptr<LiveAnswer>& answer,
                    Kind kind = Kind::streamed);
  /// It has come to its end and waits to be recorded: there is nothing to cancel any more.
  void note_answered(std::uint64_t id);
  void remove(std::uint64_t id);

  /// The streamed answer of a turn, to be read; null if it is not under way here.
  std::shared_ptr<LiveAnswer> find(const std::string& turn_id);

  /// Has the session's answers broken off, and returns how many these are. They end soon after, not at once.
  std::size_t cancel(const std::string& session_id);
  /// The same for the answer of one turn; false if it is not under way here.
  bool cancel_turn(const std::string& turn_id);

 private:
  struct Entry {
    std::string turn_id;
    boost::asio::any_io_executor executor;
    std::weak_ptr<LiveAnswer> answer;
    bool answered = false;
  };

  static void break_off(const Entry& entry);

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Entry> entries_;
  std::map<std::string, std::uint64_t> by_turn_;
};

}  // namespace chatsync::service

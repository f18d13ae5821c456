#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "chat/model_server.hpp"

namespace chatsync::service {

/// A streamed answer under way: what writes it goes on whether or not anybody reads. Used from one executor.
class LiveAnswer {
 public:
  LiveAnswer(boost::asio::any_io_executor executor, const Clock& clock);

  /// What the reader gets next.
  struct Step {
    enum class Kind {
      event,    ///< `data`, as the model server sent it.
      waiting,  ///< Nothing came until the deadline.
      whole,    ///< The answer is whole, and its turn, if it has one, is recorded.
      broken,   ///< It broke off; `failure` says why. What came of it is recorded, if a turn is.
    };
    Kind kind = Kind::waiting;
    std::string data;
    std::optional<Error> failure;
  };

  /// For one reader, one call at a time.
  boost::asio::awaitable<Step> next(SteadyTime deadline);

  /// Whether next() would return at once with more than that it waits.
  bool has_next() const { return !events_.empty() || ended_; }

  /// Nobody reads any more: what comes is not kept for a reader.
  void leave();
  bool is_left() const { return left_; }

  // The writer's side.

  /// The stream that cancel() breaks off; null before it is there and when it is over.
  void set_source(AnswerStream* source);
  void push(std::string data);
  void end(std::optional<Error> failure);

  /// Breaks the answer off.
  void cancel();

 private:
  const Clock& clock_;
  std::unique_ptr<Alarm> changed_;
  AnswerStream* source_ = nullptr;
  bool cancelled_ = false;
  std::deque<std::string> events_;
  bool left_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace chatsync::service

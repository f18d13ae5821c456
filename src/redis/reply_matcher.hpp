#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "redis/command_encoder.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {

/// Called once with the replies to a request, or with why there are none.
using ReplyHandler = std::move_only_function<void(Result<Replies>)>;

/// Which reply belongs to whom: the state of a pipelined connection, without the connection.
///
/// Requests are encoded into one output buffer and wait in one line. take_output() hands the buffer over to
/// be sent; from then on those requests are *sent*, and their replies come in the same order. The others are
/// *unsent*: nobody executed them. Handlers are called from within feed() and the fail functions and may
/// call back into the matcher.
class ReplyMatcher {
 public:
  static constexpr std::size_t kMaxRequests = 100'000;
  static constexpr std::size_t kMaxUnsentBytes = 64UL * 1024 * 1024;

  ReplyMatcher() : encoder_(output_) {}
  ReplyMatcher(const ReplyMatcher&) = delete;
  ReplyMatcher& operator=(const ReplyMatcher&) = delete;

  /// No further request may be added until others are answered or sent.
  bool full() const { return requests_.size() >= kMaxRequests || output_.size() >= kMaxUnsentBytes; }

  /// Encode a request's commands here, then call add().
  CommandEncoder& encoder() { return encoder_; }
  /// Puts what was encoded since the last call in line. At least one command was.
  void add(SteadyTime at, ReplyHandler handler);

  bool has_output() const { return !output_.empty(); }
  /// Swaps the unsent requests' bytes into `into` (what it held is dropped) and counts them as sent.
  void take_output(std::string& into);

  /// Takes bytes from the server and answers the requests they complete. An error says why the stream cannot
  /// be trusted any further: the connection must be dropped.
  Result<void> feed(std::string_view bytes);

  /// Whether a reply said that the server is no longer the master.
  bool demoted() const { return demoted_; }

  std::size_t sent() const { return sent_; }
  std::size_t unsent() const { return requests_.size() - sent_; }
  std::optional<SteadyTime> oldest_sent() const;
  std::optional<SteadyTime> oldest_unsent() const;

  /// The connection is gone: fails every sent request and forgets what was read. Unsent ones stay.
  void drop_sent(const Error& why);
  /// Fails the unsent requests that were added at `until` or before.
  void drop_unsent(SteadyTime until, const Error& why);

 private:
  struct Request {
    std::size_t replies_due;
    std::size_t bytes;
    SteadyTime at;
    Replies replies;
    ReplyHandler handler;
  };

  Result<void> answer();

  std::string output_;
  CommandEncoder encoder_;
  std::size_t encoded_bytes_ = 0;  ///< Of output_, what belongs to requests in line.

  std::deque<Request> requests_;  ///< The first sent_ are sent.
  std::size_t sent_ = 0;
  ReplyReader reader_;
  bool demoted_ = false;
};

}  // namespace chatsync::redis

// Redis serves its clients in turn, and of each as much as has arrived, up to 16 kB of commands. Whoever
// sends a thousand of them at once is served for a millisecond between any two pieces of what another client
// sends, so that a drain would have more of Redis than the turns that are answered meanwhile. In small parts,
// of which two are under way, it has its share, and the second is there when the first is done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/one_shot.hpp"
#include "redis/connection.hpp"

namespace chatsync::redis {

/// Requests for the elements `begin` to `end` of what is asked for, one after the other. A part of
/// execute_in_parts().
template <class Encode, class Take>
class PartsUnderWay {
 public:
  PartsUnderWay(RedisConnection& connection, std::size_t count, std::size_t of_a_part, Encode& encode,
                Take& take)
      : connection_(connection),
        count_(count),
        of_a_part_(of_a_part),
        encode_(encode),
        take_(take),
        done_(connection.executor()) {}

  AsyncResult<void> run() {
    for (std::size_t part = 0; part < kUnderWay; ++part) send_next();
    if (under_way_ > 0) co_await done_.wait();
    co_return outcome_;
  }

 private:
  static constexpr std::size_t kUnderWay = 2;

  void send_next() {
    if (next_ == count_ || !outcome_) return;
    const std::size_t begin = next_;
    const std::size_t end = std::min(begin + of_a_part_, count_);
    next_ = end;
    ++under_way_;
    connection_.submit([this, begin, end](CommandEncoder& out) { encode_(out, begin, end); },
                       [this, begin, end](Result<Replies> replies) {
                         Result<void> taken =
                             replies ? take_(begin, end, *replies) : failure_of(std::move(replies));
                         if (!taken && outcome_) outcome_ = std::move(taken);
                         --under_way_;
                         send_next();
                         if (under_way_ == 0) done_.set(true);
                       });
  }

  RedisConnection& connection_;
  const std::size_t count_;
  const std::size_t of_a_part_;
  Encode& encode_;
  Take& take_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  Result<void> outcome_;
  OneShot<bool> done_;
};

/// Asks for `count` elements, `of_a_part` in one request. `encode(CommandEncoder&, begin, end)` appends the
/// commands for some of them; `take(begin, end, Replies&) -> Result<void>` has their replies. Both are called
/// in the order of the elements. After the first failure nothing more is asked, and what is under way is
/// awaited.
template <class Encode, class Take>
AsyncResult<void> execute_in_parts(RedisConnection* connection, std::size_t count, std::size_t of_a_part,
                                   Encode encode, Take take) {
  PartsUnderWay<Encode, Take> parts(*connection, count, of_a_part, encode, take);
  co_return co_await parts.run();
}

}  // namespace chatsync::redis

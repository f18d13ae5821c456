#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <list>
#include <memory>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace chatsync::answer {

/// Lets a stated number of requests run at a time, and as many wait for a place, first come first served.
/// Used from one executor. Places must not outlive it, nor it the clock.
class Admission {
 public:
  /// A place among those that run, given back when it goes.
  class Place {
   public:
    explicit Place(Admission* admission) : admission_(admission) {}
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    Admission* admission_;
  };

  Admission(boost::asio::any_io_executor executor, const Clock& clock, std::size_t places);

  /// Returns when there is a place. `overloaded` at once if too many wait, `model_timeout` at the deadline.
  AsyncResult<Place> enter(SteadyTime deadline);

  /// Sends away whoever waits, and whoever comes, with the code `cancelled`.
  void close();

 private:
  struct Waiter {
    std::unique_ptr<Alarm> alarm;
    bool admitted = false;
  };

  void leave();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  std::size_t places_;
  std::size_t taken_ = 0;
  std::list<Waiter*> waiters_;
  bool closed_ = false;
};

}  // namespace chatsync::answer

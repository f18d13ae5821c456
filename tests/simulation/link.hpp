#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "simulation/world.hpp"

namespace chatsync::simulation {

/// What a network and a server do to calls.
struct Conditions {
  Micros fastest = 50;
  Micros slowest = 800;
  double delayed = 0.02;  ///< Some messages take up to `delay`.
  Micros delay = milliseconds(300);
  double request_lost = 0;  ///< The call fails as unavailable and has no effect.
  double reply_lost = 0;    ///< It has its effect, and the caller learns nothing.
  double late = 0;          ///< The caller gives up; the effect comes after that.
  Micros time_out = seconds(5);
};

/// A process's coroutines, which run only while it does. One that is killed is never seen to do anything
/// again: its calls are neither sent nor answered. Only when the run is judged is it brought to an orderly
/// end, so that what it owns is freed, with every call failing at once.
class Process {
 public:
  enum class State { running, frozen, dead, released };

  explicit Process(std::string process_name) : name(std::move(process_name)) {}

  boost::asio::io_context& io() { return io_; }

  /// Runs what can run.
  void wake() {
    if (state != State::running && state != State::released) return;
    io_.restart();
    io_.poll();
  }

  /// Ends a call that nobody answers any more; by number, so that the order is the same in every run.
  std::map<std::uint64_t, std::move_only_function<void()>> abandon;

  std::uint64_t calls = 0;

  const std::string name;
  State state = State::running;

 private:
  boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
};

/// A way from a process to a server.
class Link {
 public:
  Link(World& world, Process& process, const Conditions& conditions, std::string server)
      : world_(world), process_(process), conditions_(conditions), server_(std::move(server)) {}

  bool cut = false;  ///< Nothing passes.

  /// Has `effect` happen at the server. `reachable` is asked when the request arrives, and again when the
  /// reply sets out.
  template <class T>
  AsyncResult<T> call(std::string what, std::function<bool()> reachable, std::function<Result<T>()> effect) {
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<T>)>(
        [this](auto handler, std::string label, std::function<bool()> there, std::function<Result<T>()> act) {
          using Handler = decltype(handler);
          auto waiting = std::make_shared<Waiting<T, Handler>>(std::move(handler), process_, label);
          if (process_.state == Process::State::released) return waiting->finish(unavailable());
          waiting->number = ++process_.calls;
          process_.abandon.emplace(waiting->number, [waiting] { waiting->finish(unavailable()); });
          send(std::move(waiting), std::move(there), std::move(act));
        },
        boost::asio::use_awaitable, std::move(what), std::move(reachable), std::move(effect));
  }

 private:
  template <class T, class Handler>
  struct Waiting {
    Waiting(Handler on_end, Process& owner, std::string what)
        : handler(std::move(on_end)), process(owner), label(std::move(what)) {}

    void finish(Result<T> result) {
      if (std::exchange(finished, true)) return;
      process.abandon.erase(number);
      boost::asio::post(process.io(), [ended = std::move(handler), outcome = std::move(result)]() mutable {
        ended(std::move(outcome));
      });
    }

    Handler handler;
    Process& process;
    std::string label;
    std::uint64_t number = 0;
    bool finished = false;
  };

  static std::unexpected<Error> unavailable() {
    return fail(ErrorKind::unavailable, "simulated: not reached");
  }

  Micros travel() {
    Random& random = world_.random;
    if (random.chance(conditions_.delayed)) return random.between(conditions_.slowest, conditions_.delay);
    return random.between(conditions_.fastest, conditions_.slowest);
  }

  template <class Call, class T>
  void reply(std::shared_ptr<Call> waiting, Micros delay, Result<T> result) {
    world_.after(delay, [this, waiting = std::move(waiting), result = std::move(result)]() mutable {
      if (waiting->finished || process_.state == Process::State::dead) return;
      if (world_.traced()) {
        world_.trace("{}   {} {}: {}", process_.name, server_, waiting->label,
                     result ? "ok" : result.error().message);
      }
      waiting->finish(std::move(result));
      process_.wake();
    });
  }

  template <class Call, class T>
  void send(std::shared_ptr<Call> waiting, std::function<bool()> reachable,
            std::function<Result<T>()> effect) {
    Random& random = world_.random;
    const auto unknown = [] { return Result<T>(fail(ErrorKind::outcome_unknown, "simulated: no reply")); };
    if (random.chance(conditions_.request_lost))
      return reply(std::move(waiting), travel(), Result<T>(unavailable()));
    Micros arrival = travel();
    if (random.chance(conditions_.late)) {
      reply(waiting, conditions_.time_out, unknown());
      arrival = conditions_.time_out + random.between(0, seconds(20));
    }
    const bool reply_lost = random.chance(conditions_.reply_lost);
    world_.after(arrival, [this, waiting = std::move(waiting), reachable = std::move(reachable),
                           effect = std::move(effect), reply_lost, unknown]() mutable {
      if (cut || !reachable()) return reply(std::move(waiting), travel(), Result<T>(unavailable()));
      Result<T> result = effect();
      world_.trace("{}   {} {} takes effect{}", process_.name, server_, waiting->label,
                   result ? "" : ": " + result.error().message);
      if (reply_lost) return reply(std::move(waiting), conditions_.time_out, unknown());
      world_.after(travel(), [this, waiting = std::move(waiting), reachable = std::move(reachable),
                              result = std::move(result), unknown]() mutable {
        if (cut || !reachable()) return reply(std::move(waiting), conditions_.time_out, unknown());
        reply(std::move(waiting), 0, std::move(result));
      });
    });
  }

  World& world_;
  Process& process_;
  const Conditions& conditions_;
  const std::string server_;
};

}  // namespace chatsync::simulation

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace chatsync::test {

/// A TCP proxy on a loopback port that does to connections what networks do. How it behaves is switched while
/// it runs, for the connections it has and those to come; what it holds back goes on its way when it passes
/// again, as after a partition that heals. One thread of its own; its functions are safe from any thread and
/// return when the proxy has taken them in.
///
/// A request is what one read from a client's connection returns: a statement of MySQL, one command or
/// several pipelined ones of Redis.
class FaultProxy {
 public:
  explicit FaultProxy(std::uint16_t target_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const { return port_; }

  /// Everything goes through at once.
  void pass();
  /// New connections are refused; those that are there go on.
  void refuse();
  /// The `number`th request from here on (1 or more) goes through, and then its connection is cut before any
  /// byte of the reply has. That done, it passes again.
  void cut_before_reply(std::size_t number);
  /// Every byte arrives that much later.
  void delay(std::chrono::milliseconds by);
  /// Everything goes through in pieces of 1 to `longest` bytes.
  void slice(std::size_t longest);
  /// Connections are taken and nothing goes through.
  void hold();
  /// Requests go through, replies do not.
  void hold_replies();
  /// Cuts all connections there are, with a reset. Does not change how later ones fare.
  void sever();

  /// How many requests came so far.
  std::size_t requests() const;
  /// How many connections cut_before_reply() and sever() have cut so far.
  std::size_t cuts() const;

 private:
  class Loop;

  std::unique_ptr<Loop> loop_;
  std::uint16_t port_;
};

}  // namespace chatsync::test

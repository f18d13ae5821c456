#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "redis/connection.hpp"
#include "redis/link.hpp"
#include "redis/sentinels.hpp"

namespace chatsync::redis {

class RedisConnection::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::any_io_executor executor, Settings::Redis settings, const Clock& clock);

  boost::asio::awaitable<void> run();
  void stop();

  const boost::asio::any_io_executor& executor() const { return executor_; }
  bool connected() const { return connected_; }
  std::uint64_t lineage() const { return lineage_; }
  const std::string& name() const { return name_; }

  Error replaced() const;
  /// Why a request cannot be taken; nothing if it can.
  std::optional<Error> refusal() const;
  CommandEncoder& encoder() { return matcher_.encoder(); }
  void add(ReplyHandler handler);
  void refuse(ReplyHandler handler);

 private:
  AsyncResult<void> connect();
  AsyncResult<void> shake_hands();
  void take_lineage(std::uint64_t lineage);
  boost::asio::awaitable<Error> read_until_lost();
  boost::asio::awaitable<void> watch();
  SteadyTime expire(SteadyTime now);

  void flush();
  void write();
  void drop_link(std::string cause);
  Error unavailable() const;
  void note_away(const Error& cause);
  void note_connected();

  const boost::asio::any_io_executor executor_;
  const Settings::Redis settings_;
  std::string name_;  ///< Through Sentinels it changes with the master.
  const Clock& clock_;
  const std::chrono::milliseconds longest_wait_;

  std::optional<Sentinels> sentinels_;
  ReplyMatcher matcher_;
  std::shared_ptr<Link> link_;
  bool connected_ = false;     ///< Requests may be sent.
  std::uint64_t lineage_ = 0;  ///< Of the latest link that was up; 0 before the first.
  bool writing_ = false;
  bool flush_posted_ = false;
  bool feeding_ = false;  ///< A flush follows anyway.
  bool stopped_ = false;
  bool attempted_ = false;  ///< The first attempt to connect has ended, with whatever outcome.

  std::unique_ptr<Alarm> watch_alarm_;
  std::unique_ptr<Alarm> pause_alarm_;
  SteadyTime watching_until_ = SteadyTime::max();

  std::string drop_cause_;  ///< Why we closed the link ourselves; empty if it ended by itself.
  std::string cause_ = "not yet connected";
  bool was_ever_connected_ = false;
  bool reported_away_ = false;
  std::optional<SteadyTime> away_since_;  ///< Absent while connected.
};

}  // namespace chatsync::redis

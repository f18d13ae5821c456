#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/server_address.hpp"
#include "base/settings.hpp"
#include "redis/link.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {

/// The Sentinels of REDIS_SENTINELS, asked one after the other where the master is. To be used on the
/// executor only, by one question at a time; must outlive it.
class Sentinels {
 public:
  /// `settings.sentinels` must be a valid list.
  Sentinels(boost::asio::any_io_executor executor, const Settings::Redis& settings);

  /// The address that the first Sentinel to know one gives: each has a second, or REDIS_TIMEOUT if that is
  /// less. The one that answered last is asked first. `unavailable` says what each of them answered.
  AsyncResult<ServerAddress> find_master();

  /// The address led to no master: the next question goes to another Sentinel first.
  void doubt();

  /// Ends the question under way, and every later one, with an error.
  void stop();

 private:
  AsyncResult<ServerAddress> ask(ServerAddress sentinel);
  AsyncResult<Reply> exchange(std::shared_ptr<Link> link);

  const boost::asio::any_io_executor executor_;
  const Settings::Redis settings_;
  const std::vector<ServerAddress> servers_;
  const std::chrono::milliseconds patience_;
  std::size_t first_ = 0;  ///< The one to ask first.
  std::shared_ptr<Link> link_;
  bool stopped_ = false;
};

/// What a reply to SENTINEL GET-MASTER-ADDR-BY-NAME says; the error is about the Sentinel ("it knows no
/// master 'mymaster': check REDIS_SENTINEL_MASTER").
Result<ServerAddress> master_from_reply(ReplyView reply, const std::string& master);

}  // namespace chatsync::redis

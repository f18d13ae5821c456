#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/settings.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {

/// One byte stream to Redis, for one connection attempt and what comes of it. Errors say in the system's
/// words what happened; the caller adds where.
class Link {
 public:
  using WriteHandler = std::move_only_function<void(Result<void>)>;

  virtual ~Link() = default;

  /// Resolves, connects and encrypts, as the settings ask for.
  virtual AsyncResult<void> connect() = 0;

  /// At least one byte; the end of the stream is an error.
  virtual AsyncResult<std::size_t> read_some(boost::asio::mutable_buffer into) = 0;

  /// Sends all of `outgoing`, which must be left alone until `handler` is called. One write at a time.
  virtual void write(WriteHandler handler) = 0;

  /// Ends what is under way with an error. May be called again.
  virtual void close() = 0;

  std::string outgoing;
};

/// The next whole reply on `link`. `reader` holds what came behind it.
AsyncResult<Reply> next_reply(std::shared_ptr<Link> link, ReplyReader* reader);

/// The stream that the settings ask for. Its operations keep it alive.
std::shared_ptr<Link> make_link(const boost::asio::any_io_executor& executor,
                                const Settings::Redis& settings);

}  // namespace chatsync::redis

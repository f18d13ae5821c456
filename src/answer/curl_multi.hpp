#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>

namespace chatsync::answer {

/// What is told when a transfer is over.
class TransferListener {
 public:
  virtual void transfer_ended(CURLcode code) = 0;

 protected:
  ~TransferListener() = default;
};

/// libcurl's transfers on an Asio executor: libcurl says which sockets and which time it waits for, Asio
/// waits. No thread is blocked and none is added, but for the look-up of host names, which libcurl does on
/// threads of its own. Connections are kept for the transfers that follow, and shared where the server speaks
/// HTTP/2. The process must ignore SIGPIPE. Used from the executor's one thread, but for construction and
/// destruction, which may come before and after that thread.
class CurlMulti {
 public:
  /// `idle_connections`: how many connections are kept at most.
  CurlMulti(const boost::asio::any_io_executor& executor, std::size_t idle_connections);
  /// No transfer may be left.
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Begins the transfer. The listener is called on the executor when it is over, unless remove() comes
  /// first.
  void add(CURL* easy, TransferListener* listener);

  /// Gives the transfer up, unless it is over.
  void remove(CURL* easy);

  /// Ends all transfers with CURLE_ABORTED_BY_CALLBACK.
  void end_all();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace chatsync::answer

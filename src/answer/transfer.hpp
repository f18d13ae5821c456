#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer/curl_multi.hpp"

namespace chatsync::answer {

/// One HTTP request of ours. GET if `body` is absent, else POST.
struct TransferRequest {
  std::string url;
  std::vector<std::string> headers;  ///< Whole lines without their ends.
  std::optional<std::string> body;
  std::filesystem::path tls_ca;  ///< Empty: the system's.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{0};  ///< For the whole; 0: none.
  std::size_t max_reply_bytes = 0;
};

/// How a transfer failed.
struct TransferFailure {
  enum class Kind {
    unreachable,  ///< No connection, or it was lost.
    untrusted,    ///< The certificate is not one to trust.
    timed_out,    ///< The time for the whole is over.
    too_large,    ///< The reply has more than max_reply_bytes.
    cancelled,    ///< By cancel().
    other,        ///< What else libcurl complains about, such as a malformed reply.
  };
  Kind kind = Kind::other;
  std::string message;
};

/// One HTTP exchange, whose reply is read while it comes. Used from the executor's thread, by one coroutine
/// but for cancel(). Its destruction gives up what has not come; nobody may wait in it then.
class Transfer final : private TransferListener {
 public:
  Transfer(const boost::asio::any_io_executor& executor, CurlMulti& multi, TransferRequest request);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Returns when the head of the reply is there; also when the transfer is over before that.
  boost::asio::awaitable<void> wait_for_head();

  /// Returns when more of the body is there; also when the transfer is over.
  boost::asio::awaitable<void> wait_for_body();

  /// Returns when the transfer is over.
  boost::asio::awaitable<void> wait_for_end();

  bool has_head() const;
  int status() const;  ///< 0 before the head is there.
  std::string header(const char* name) const;

  /// What has come of the body and was not taken yet.
  std::string take_body();

  bool ended() const;
  /// Nothing before the end, and if it ended well.
  const std::optional<TransferFailure>& failure() const;

  /// Ends the transfer now, with the failure `cancelled`.
  void cancel();

 private:
  struct State;

  void transfer_ended(CURLcode code) override;

  std::unique_ptr<State> state_;
};

}  // namespace chatsync::answer

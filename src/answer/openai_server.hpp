#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "answer/admission.hpp"
#include "answer/curl_multi.hpp"
#include "answer/transfer.hpp"
#include "base/clock.hpp"
#include "chat/model_server.hpp"

namespace chatsync::answer {

struct OpenAiOptions {
  std::string base_url;  ///< `http://host:port/v1`, with or without a slash at its end.
  std::string api_key;   ///< Empty: none is sent.
  std::chrono::milliseconds timeout{300'000};
  std::size_t max_concurrency = 256;
  std::filesystem::path tls_ca;  ///< Empty: the system's.
  std::size_t max_reply_bytes = 16UL * 1024 * 1024;
};

/// An OpenAI-compatible server over HTTP. One object an I/O thread: no transfer is under way when it goes.
///
/// Each request has `timeout` for all of it: waiting for a place among `max_concurrency`, every attempt, the
/// answer to its last byte. A request is tried again (retry_policy.hpp) as long as the server has not begun
/// to answer it.
class OpenAiServer final : public ModelServer {
 public:
  OpenAiServer(boost::asio::any_io_executor executor, OpenAiOptions options, const Clock& clock);

  AsyncResult<std::string> complete(std::string body) override;
  AsyncResult<std::unique_ptr<AnswerStream>> stream(std::string body) override;
  AsyncResult<std::string> models() override;
  void stop() override;

 private:
  /// A reply that has begun, with 2xx, and its place among those that run.
  struct Begun {
    Admission::Place place;
    std::unique_ptr<Transfer> transfer;
  };
  class Stream;

  AsyncResult<Begun> begin(const char* path, std::optional<std::string> body);
  AsyncResult<std::string> whole(const char* path, std::optional<std::string> body);
  TransferRequest request_to(const char* path, const std::optional<std::string>& body,
                             std::chrono::milliseconds left) const;
  std::chrono::milliseconds left_until(SteadyTime deadline) const;

  boost::asio::any_io_executor executor_;
  OpenAiOptions options_;
  const Clock& clock_;
  CurlMulti multi_;
  Admission admission_;
  std::set<Alarm*> pauses_;  ///< Of requests that wait for their next attempt.
  bool stopped_ = false;
  std::minstd_rand jitter_{std::random_device()()};
};

}  // namespace chatsync::answer

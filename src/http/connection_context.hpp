#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/batched_sender.hpp"
#include "http/deadlines.hpp"
#include "http/http_metrics.hpp"
#include "http/http_options.hpp"
#include "http/http_server.hpp"
#include "http/metrics_page.hpp"
#include "http/reply_buffer.hpp"
#include "service/chat_service.hpp"

namespace chatsync::http {

/// Ids for requests whose client gave none: unlike in other processes and threads, and cheap to make.
class RequestIds {
 public:
  RequestIds();
  /// Puts the next id into `id`, whose memory it uses again.
  void next(std::string& id);

 private:
  std::string prefix_;
  std::uint64_t count_ = 0;
};

/// The Date field, made once a second.
class DateField {
 public:
  std::string_view at(std::int64_t now_us) {
    constexpr std::int64_t kSecond = 1'000'000;
    if (text_.empty() || now_us / kSecond != second_) {
      second_ = now_us / kSecond;
      text_ = http_date(now_us);
    }
    return text_;
  }

 private:
  std::int64_t second_ = 0;
  std::string text_;
};

/// What the connections of one worker share. Used from its thread only.
struct ConnectionContext {
  ConnectionContext(const HttpOptions& given, const HttpWorker& worker, const Clock& time);

  const HttpOptions& options;
  service::ChatService& chat;
  service::CompletionService* completions;
  service::ResponseService* responses;
  service::ConversationService* conversations;
  service::ConversationExtras* extras;
  const Clock& clock;
  const MetricsPage* metrics_page = nullptr;
  HttpMetrics metrics;  ///< Read by other threads.
  DeadlineLists deadlines;
  RequestIds request_ids;
  DateField date;
  bool draining = false;
  BatchedSender sender;
};

}  // namespace chatsync::http

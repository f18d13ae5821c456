#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/api_keys.hpp"
#include "http/request.hpp"
#include "service/chat_service.hpp"
#include "service/completion_service.hpp"
#include "service/conversation_extras.hpp"
#include "service/conversation_service.hpp"
#include "service/response_service.hpp"

namespace chatsync::http {

class MetricsPage;

inline constexpr std::string_view kJson = "application/json; charset=utf-8";

/// A body that is made while it is sent, for replies that are too long for the memory or have no end yet.
class BodyProducer {
 public:
  virtual ~BodyProducer() = default;

  /// Appends the next piece to `out`; false: it was the last. A piece may be empty. Asked for only when the
  /// client has taken the pieces before, so a slow client makes the producer wait, not the memory grow. A
  /// failure of the first piece becomes the reply; a later one breaks the body off, so that the client sees
  /// that it is not whole. A client that is gone is noticed when a piece is sent: a producer that has nothing
  /// to say for long must yield a sign of life now and then. Destroyed on the connection's thread as soon as
  /// its body has ended, for whichever reason.
  virtual AsyncResult<bool> append_next(std::string* out) = 0;
};

/// What a handler decides about its reply beside the body.
struct Reply {
  int status = 200;
  std::string_view media_type = kJson;  ///< Static text.
  std::string location;                 ///< The Location field; empty: none.
  bool replayed = false;                ///< It tells of a turn that was recorded for an earlier request.
  std::unique_ptr<BodyProducer> body;   ///< Null: the body is whole. Otherwise it goes on with these pieces.
};

/// What a handler gets. All of it outlives the handler, which runs to its end even if the client hangs up.
struct Call {
  const Request* request = nullptr;
  const Arguments* arguments = nullptr;
  const Caller* caller = nullptr;
  service::ChatService* chat = nullptr;
  service::CompletionService* completions = nullptr;
  service::ResponseService* responses = nullptr;
  service::ConversationService* conversations = nullptr;
  service::ConversationExtras* extras = nullptr;
  const Clock* clock = nullptr;
  const MetricsPage* metrics = nullptr;
  std::string* out = nullptr;  ///< The handler appends the body here; after a failure it is thrown away.
};

/// Answers one request. Thin: checks what it was given, asks the service, writes JSON.
using Handler = boost::asio::awaitable<Result<Reply>> (*)(Call call);

}  // namespace chatsync::http

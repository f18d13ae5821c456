#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/request.hpp"
#include "service/chat_service.hpp"

namespace chatsync::http {

class MetricsPage;

inline constexpr std::string_view kJson = "application/json; charset=utf-8";

/// What a handler decides about its reply beside the body.
struct Reply {
  int status = 200;
  std::string_view media_type = kJson;  ///< Static text.
  std::string location;                 ///< The Location field; empty: none.
};

/// What a handler gets. All of it outlives the handler, which runs to its end even if the client hangs up.
struct Call {
  const Request* request = nullptr;
  const Arguments* arguments = nullptr;
  service::ChatService* chat = nullptr;
  const MetricsPage* metrics = nullptr;
  std::string* out = nullptr;  ///< The handler appends the body here; after a failure it is thrown away.
};

/// Answers one request. Thin: checks what it was given, asks the service, writes JSON.
using Handler = boost::asio::awaitable<Result<Reply>> (*)(Call call);

}  // namespace chatsync::http

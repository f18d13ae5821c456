#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace chatsync::http {

/// A failure as the client sees it.
struct HttpError {
  int status = 500;
  std::string message;    ///< One line for a person.
  std::string code;       ///< Machine-readable.
  std::string param;      ///< The field at fault; empty if none is.
  int retry_after_s = 0;  ///< 0: what the server says by itself.
};

/// The status and the code that stand for a failure of the layers below.
HttpError to_http_error(Error error);

/// A request that is not what HTTP or the API allow; `code` is made from the status.
HttpError protocol_error(int status, std::string message);

/// Appends `{"error":{…}}` in the form that OpenAI's clients read. `pending`: how many turns wait, where the
/// failure leaves some.
void append_error_body(std::string& out, const HttpError& error,
                       std::optional<std::size_t> pending = std::nullopt);

}  // namespace chatsync::http

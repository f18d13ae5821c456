#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace chatsync {

/// What a caller can do about a failure. Each kind maps to one HTTP status and one retry decision.
enum class ErrorKind {
  invalid_argument,  ///< The input is wrong; `param` names the field, key or file. Never retried.
  not_found,         ///< The thing named does not exist.
  gone,              ///< It existed and was deleted; it will not come back.
  conflict,          ///< It exists already, or is in a state that forbids the request.
  unavailable,       ///< A server or disk cannot serve; nothing took effect. Retry with backoff.
  outcome_unknown,   ///< The request was sent and no reply came: it may or may not have taken effect.
  overloaded,        ///< A stated limit is reached; nothing took effect. Retry later.
  rejected,          ///< A store refuses the data themselves (not an outage): retrying them cannot help.
  model_failed,      ///< The model server cannot be reached, or what it replies is no answer.
  model_timeout,     ///< The model server has not answered in time.
  model_refused,     ///< The model server refuses the request, with the `status` of its own.
  internal,          ///< A broken invariant of our own or unreadable data of our own.
};

/// A failure as a value. `message` is one line for a person: what is wrong and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string code;   ///< Machine-readable name such as `session_not_found`; empty: derived from `kind`.
  std::string param;  ///< The field, key or file at fault; empty if none is.
  std::uint16_t status = 0;         ///< Of a model server that refuses: 400 to 499.
  std::uint16_t retry_after_s = 0;  ///< Seconds after which to try again; 0: nobody said.
};

template <class T>
using Result = std::expected<T, Error>;

/// What every asynchronous port returns. Awaiting it never throws for an outside failure.
template <class T>
using AsyncResult = boost::asio::awaitable<Result<T>>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message, std::string code = {},
                                   std::string param = {}) {
  return std::unexpected(Error{kind, std::move(message), std::move(code), std::move(param)});
}

/// What has failed before it began.
template <class T>
AsyncResult<T> failed(Error error) {
  co_return std::unexpected(std::move(error));
}

/// The failure of `result`, to hand on as that of another type. Requires `!result`.
template <class T>
std::unexpected<Error> failure_of(Result<T>&& result) {
  return std::unexpected(std::move(result).error());
}

}  // namespace chatsync

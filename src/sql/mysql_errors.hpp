#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace chatsync::sql {

/// A failure as the server or the driver reports it.
struct SqlError {
  unsigned code =
      0;  ///< The server's number (1000 and above) or the driver's (2000 to 2999, 5000 and above).
  std::string message;
  bool at_commit = false;  ///< The reply to a COMMIT is missing: it may have taken effect.
};

template <class T>
using SqlResult = std::expected<T, SqlError>;

template <class T>
std::unexpected<SqlError> sql_failure_of(SqlResult<T>&& result) {
  return std::unexpected(std::move(result).error());
}

/// Numbers that the code itself decides by. The driver's headers have them too, but only as macros.
enum SqlErrorCode : unsigned {
  kPacketTooLarge = 1153,
  kUnknownDatabase = 1049,
  kDeadlock = 1213,
};

/// What a caller can do. Only what is known to be about the data themselves is `rejected`: anything else,
/// known or not, is `unavailable` and tried again for ever, since a turn must not be given up because of an
/// outage.
ErrorKind classify(const SqlError& error);

/// True if the connection cannot be used any more.
bool is_connection_lost(const SqlError& error);

/// For the start: what an operator should check, naming settings; empty if nothing particular.
std::string_view advice(unsigned code);

/// `doing` says what was being done, such as "MySQL: writing a batch".
Error to_error(const SqlError& error, std::string_view doing);

}  // namespace chatsync::sql

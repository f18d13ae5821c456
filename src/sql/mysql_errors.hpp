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
  bool at_commit = false;   ///< The reply to a COMMIT is missing: it may have taken effect.
  bool superseded = false;  ///< Not of the server: the data come from a cache that another one replaced.
};

template <class T>
using SqlResult = std::expected<T, SqlError>;

template <class T>
std::unexpected<SqlError> sql_failure_of(SqlResult<T>&& result) {
  return std::unexpected(std::move(result).error());
}

/// Numbers that the code itself decides by. The driver's headers have them too, but only as macros.
enum SqlErrorCode : unsigned {
  kNoDatabase = 1046,
  kUnknownDatabase = 1049,
  kPacketTooLarge = 1153,
  kLockWaitTimeout = 1205,
  kDeadlock = 1213,
  kReadOnly = 1290,
  kReadOnlyTransaction = 1792,
  kReadOnlyMode = 1836,
};

/// What a caller can do. Only what is known to be about the data themselves is `rejected`: anything else,
/// known or not, is `unavailable` and tried again for ever, since a turn must not be given up because of an
/// outage.
ErrorKind classify(const SqlError& error);

/// True if the connection cannot be used any more.
bool is_connection_lost(const SqlError& error);

/// True if the connection works, but only another one can do what is wanted: its database was dropped, which
/// a session does not take up again when there is one of that name again, or its server became a replica, and
/// the name in MYSQL_HOST may lead to the primary.
bool is_connection_stale(const SqlError& error);

/// What an operator should do, naming settings; empty if nothing particular.
std::string_view advice(unsigned code);

/// `doing` says what was being done, such as "MySQL: writing a batch". The message ends with the advice.
Error to_error(const SqlError& error, std::string_view doing);

}  // namespace chatsync::sql

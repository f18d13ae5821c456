#include "sql/mysql_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "chat/turn_store.hpp"

namespace chatsync::sql {
namespace {

constexpr bool is_driver_error(unsigned code) { return (code >= 2000 && code < 3000) || code >= 5000; }

constexpr std::array kDataErrors = {
    1048u,  // a column cannot be NULL
    1062u,  // a unique key that is not ours
    1118u,  // row too large
    1153u,  // larger than max_allowed_packet
    1264u,  // number out of range
    1265u,  // data truncated
    1292u,  // wrong value
    1300u,  // invalid character string
    1301u,  // result larger than max_allowed_packet
    1366u,  // wrong value for the column, such as bytes that are not UTF-8
    1406u,  // data too long
    1411u,  // wrong value for the type
    1441u,  // time out of range
    1452u,  // a foreign key that is not ours
    1644u,  // a trigger refuses
    1690u,  // number out of range in an expression
    3819u,  // CHECK, MySQL
    3988u,  // cannot be converted to the column's character set, MySQL
    4025u,  // CHECK, MariaDB
};

}  // namespace

ErrorKind classify(const SqlError& error) {
  if (error.superseded) return ErrorKind::conflict;
  if (error.at_commit) return ErrorKind::outcome_unknown;
  return std::ranges::binary_search(kDataErrors, error.code) ? ErrorKind::rejected : ErrorKind::unavailable;
}

bool is_connection_lost(const SqlError& error) {
  constexpr std::array kServerClosesConnection = {1053u, 1077u, 1079u, 1152u, 1158u, 1159u,
                                                  1160u, 1161u, 1927u, 3169u, 4031u};
  return is_driver_error(error.code) || std::ranges::binary_search(kServerClosesConnection, error.code);
}

bool is_connection_stale(const SqlError& error) {
  constexpr std::array kStale = {kNoDatabase, kUnknownDatabase, kReadOnly, kReadOnlyTransaction,
                                 kReadOnlyMode};
  return std::ranges::find(kStale, error.code) != kStale.end();
}

std::string_view advice(unsigned code) {
  switch (code) {
    case 1045:
    case 1698:
      return "check MYSQL_USER and MYSQL_PASSWORD";
    case 1044:
      return "create the database, or grant the user all rights on it";
    case kNoDatabase:
    case kUnknownDatabase:
      return "restore the database from a backup, or restart chatsync, which makes an empty one";
    case 1146:
      return "restore the tables from a backup, or, if none of them is left, restart chatsync, which makes "
             "them";
    case 1040:
    case 1203:
      return "raise max_connections on the server, or lower SYNC_CONNECTIONS";
    case 1130:
      return "allow this machine's address for the user on the server";
    case kReadOnly:
    case kReadOnlyTransaction:
    case kReadOnlyMode:
      return "the server is read-only: name the primary in MYSQL_HOST";
    case 2002:
    case 2003:
    case 2013:
      return "check that the server runs there: MYSQL_HOST and MYSQL_PORT, or MYSQL_SOCKET";
    case 2005:
      return "check the name in MYSQL_HOST";
    case 3:
    case 1021:
    case 1026:
    case 1114:
      return "free some space on the disk of the server";
    case 2026:
      return "check that MYSQL_SSL_CA is the certificate authority of this server and MYSQL_HOST a name in "
             "its "
             "certificate";
    default:
      return {};
  }
}

Error to_error(const SqlError& error, std::string_view doing) {
  if (error.superseded) {
    return Error{classify(error), fmt::format("{}: {}", doing, error.message), kLineageSuperseded, {}};
  }
  const auto outcome = error.at_commit ? " (it may have taken effect)" : "";
  const auto hint = advice(error.code);
  std::string code = is_driver_error(error.code) ? std::string() : fmt::format("mysql_{}", error.code);
  return Error{classify(error),
               fmt::format("{}: {} [{}]{}{}{}", doing, error.message, error.code, outcome,
                           hint.empty() ? "" : ": ", hint),
               std::move(code),
               {}};
}

}  // namespace chatsync::sql

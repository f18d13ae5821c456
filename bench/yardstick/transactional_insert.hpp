#pragma once

#include <span>
#include <string>

#include "bulk_insert.hpp"

namespace yardstick {

/// Writes rows in chatsync's kind of transaction: it looks who may write, makes or brings forward the rows of
/// the sessions, looks whether one of them is erased, and then inserts the turns. For one thread at a time.
/// Every failure is a std::runtime_error.
class TransactionalInsert : private BulkInsert {
 public:
  TransactionalInsert(const std::string& socket, const std::string& database);

  /// Inserts the rows, which must be in the order of (session, time stamp), and returns when that is
  /// committed.
  void insert(std::span<const Row> rows);

 private:
  void bring_sessions_forward(std::span<const Row> rows);

  Statement sessions_;
  std::string session_ids_;  ///< Of the rows, as a list of literals.
};

}  // namespace yardstick

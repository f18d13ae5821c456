#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_checks.hpp"

namespace chatsync::test {

/// A server on Redis and MariaDB that syncs every second, with an impatient connection to the store, as a
/// user without rights on the server. Its three sessions are known to the cache.
class StoreTrouble : public ::testing::Test {
 protected:
  explicit StoreTrouble(Environment more = {}, WorldOptions options = {});

  RecordedLoadPlan plan() const { return gentle_load({server_->port()}, sessions_); }

  /// Puts the store into trouble in the midst of load and out of it again. Meanwhile turns are accepted and
  /// wait, and attempts to sync them fail; then they arrive by themselves. `cause` is what the log says.
  void go_through(const std::function<void()>& trouble, const std::function<void()>& relief,
                  std::string_view cause);

  void expect_turns_wait(const RecordedLoad& load);
  /// That the log has one line for the beginning of the trouble, which tells the `cause`, and one for its
  /// end.
  void expect_one_line_each(std::string_view cause);
  void expect_everything_arrives(std::vector<Call> calls);

  /// Kills every connection of the server to the store.
  static void kill_connections(MySqlClient& killer);

  World world_;
  const std::vector<std::string> sessions_{"a", "b", "c"};
  std::unique_ptr<ChatsyncProcess> server_;
  std::vector<Call> asked_;  ///< Beside a load.
  int attempts_ = 2;         ///< To sync during the trouble, beside the server's own.
};

}  // namespace chatsync::test

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/task_group.hpp"
#include "sync/drain.hpp"
#include "sync/group_queue.hpp"

namespace chatsync::sync {

/// A turn that is pending in the cache and is to be committed at once.
struct Commit {
  PendingTurn turn;
  Session session;
  std::uint64_t lineage = 0;  ///< Of the cache that it was recorded in.
};

/// Single turns that do not wait for a drain. Those that ask while a group is under way are written together
/// by the next one. Callable from any coroutine of any executor; works on that of its tools. The task group
/// must have ended before it is destroyed.
class DirectWrites {
 public:
  DirectWrites(std::shared_ptr<const DrainTools> tools, TaskGroup& tasks);

  /// Returns after COMMIT.
  AsyncResult<CommitOutcome> commit(Commit commit);
  /// Has the store take a turn in the cache's place.
  AsyncResult<AppendOutcome> append(DirectTurn turn);

 private:
  using Committed = Result<CommitOutcome>;
  using Appended = Result<AppendOutcome>;

  using Proceed = GroupQueue<Commit, Committed>::Proceed;

  boost::asio::awaitable<std::vector<Committed>> commit_group(std::vector<Commit> group, Proceed proceed);
  /// `committed` is called as soon as they are, before they are acknowledged.
  AsyncResult<CommitOutcome> commit_together(std::vector<Commit> group, Proceed committed);
  boost::asio::awaitable<std::vector<Appended>> append_group(std::vector<DirectTurn> group);

  std::shared_ptr<const DrainTools> tools_;
  GroupQueue<Commit, Committed> commits_;
  GroupQueue<DirectTurn, Appended> appends_;
};

}  // namespace chatsync::sync

#include "sync/direct_writes.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/fault.hpp"

namespace chatsync::sync {
namespace asio = boost::asio;

DirectWrites::DirectWrites(std::shared_ptr<const DrainTools> tools, TaskGroup& tasks)
    : tools_(std::move(tools)),
      commits_(tools_->executor, tasks, "committer", tools_->options.batch_turns,
               [this](std::vector<Commit> group, Proceed proceed) {
                 return commit_group(std::move(group), std::move(proceed));
               }),
      appends_(
          tools_->executor, tasks, "appender", tools_->options.batch_turns,
          [this](std::vector<DirectTurn> group, const Proceed&) { return append_group(std::move(group)); }) {}

AsyncResult<CommitOutcome> DirectWrites::commit(Commit commit) { return commits_.add(std::move(commit)); }

AsyncResult<AppendOutcome> DirectWrites::append(DirectTurn turn) { return appends_.add(std::move(turn)); }

asio::awaitable<std::vector<Result<CommitOutcome>>> DirectWrites::commit_group(std::vector<Commit> group,
                                                                               Proceed proceed) {
  const std::size_t size = group.size();
  const bool one_cache = std::ranges::all_of(
      group, [&](const Commit& commit) { return commit.lineage == group.front().lineage; });
  if (one_cache) {
    const Committed together = co_await commit_together(group, proceed);
    if (together || together.error().kind != ErrorKind::rejected || size == 1)
      co_return std::vector<Committed>(size, together);
  }
  // One datum or one cache spoils the group: each for itself, so that only the one at fault fails.
  std::vector<Committed> outcomes;
  for (Commit& commit : group) {
    std::vector<Commit> alone;
    alone.push_back(std::move(commit));
    outcomes.push_back(co_await commit_together(std::move(alone), [] {}));
  }
  co_return outcomes;
}

AsyncResult<CommitOutcome> DirectWrites::commit_together(std::vector<Commit> group, Proceed committed) {
  TurnBatch batch;
  batch.lineage = group.front().lineage;
  std::map<std::string, Session> sessions;
  std::size_t bytes = 0;
  for (Commit& commit : group) {
    bytes += bytes_of(commit.turn.turn);
    Session& session = sessions.try_emplace(commit.session.session_id, commit.session).first->second;
    session.question_count = std::max(session.question_count, commit.session.question_count);
    session.updated_at_us = std::max(session.updated_at_us, commit.session.updated_at_us);
    session.created_at_us = std::min(session.created_at_us, commit.session.created_at_us);
    batch.turns.push_back(std::move(commit.turn));
  }
  for (auto& [id, session] : sessions) batch.sessions.push_back(std::move(session));

  const auto shared = std::make_shared<const TurnBatch>(std::move(batch));
  fault::point("commit.before_write");
  Result<WriteOutcome> written = co_await tools_->store.write(shared);
  fault::point("commit.written");
  if (!written && written.error().code == kLineageSuperseded) {
    tools_->trust.revoke();
    const Result<std::size_t> rescued = co_await rescue(tools_, shared);
    if (rescued) co_return CommitOutcome{.renumbered = true};
    if (rescued.error().code == kLineageSuperseded) {
      written = co_await tools_->store.write(shared);
    } else if (tools_->cache.lineage() != shared->lineage) {
      tools_->left_over.push_back(shared);
    }
  }
  if (!written) co_return failure_of(std::move(written));
  committed();
  if (tools_->cache.lineage() != shared->lineage) co_return CommitOutcome{};
  // The turns are durable; if acknowledging fails, the next drain finds them stored and acknowledges them.
  const Result<std::size_t> acknowledged = co_await tools_->pending.acknowledge(shared);
  fault::point("commit.acknowledged");
  if (acknowledged) {
    tools_->metrics.turns_synced.add(*acknowledged);
    tools_->backlog.remove(*acknowledged, bytes);
  }
  co_return CommitOutcome{};
}

asio::awaitable<std::vector<Result<AppendOutcome>>> DirectWrites::append_group(
    std::vector<DirectTurn> group) {
  const std::size_t size = group.size();
  const auto shared = std::make_shared<const std::vector<DirectTurn>>(std::move(group));
  fault::point("append.before_write");
  Result<std::vector<Appended>> outcomes = co_await tools_->store.append(shared);
  fault::point("append.written");
  if (outcomes) co_return std::move(*outcomes);
  const Error failure = std::move(outcomes).error();
  note_store_failure(tools_->metrics, failure.kind);
  co_return std::vector<Appended>(size, std::unexpected(failure));
}

}  // namespace chatsync::sync

#include "embedded/commit_thread.hpp"

#include "base/log.hpp"
#include "base/post_together.hpp"

namespace chatsync::embedded {

CommitThread::CommitThread(std::unique_ptr<SessionGroup> group)
    : group_(std::move(group)), thread_([this] { loop(); }) {}

CommitThread::~CommitThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

AsyncResult<void> CommitThread::check() {
  return run([](SessionGroup&) -> Result<void> { return {}; });
}

void CommitThread::enqueue(std::unique_ptr<Work> work) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(work));
    wake = std::exchange(waiting_, false);
  }
  if (wake) queued_.notify_one();
}

bool CommitThread::take(Works& works) {
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_ && (failed_ || !group_->has_upkeep())) {
    waiting_ = true;
    queued_.wait(lock);
  }
  waiting_ = false;
  works.swap(queue_);
  return !works.empty() || !stopping_;
}

Result<void> CommitThread::commit(const Works& works) {
  // A transaction that writes nothing commits on a full disk too.
  Result<void> done = failed_ ? group_->probe() : Result<void>();
  if (done) done = group_->begin(works.empty());
  for (const auto& work : works) {
    if (done) done = work->apply(*group_);
  }
  if (done) done = group_->commit();
  if (!done) group_->discard();
  return done;
}

void CommitThread::loop() {
  Works works;
  while (take(works)) {
    const Result<void> done = commit(works);
    if (!done && !failed_) log_error("cannot write the journal: {}", done.error().message);
    if (done && failed_) log_info("the journal can be written again");
    failed_ = !done;
    for (const auto& work : works) {
      if (!done) work->fail(done.error());
    }
    post_together(
        std::exchange(works, {}), [](const std::unique_ptr<Work>& work) { return work->executor(); },
        [](const std::unique_ptr<Work>& work) { work->resume(); });
  }
}

}  // namespace chatsync::embedded

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "embedded/session_group.hpp"

namespace chatsync::embedded {

/// The thread that commits. While one group is on its way to the disk, the next one gathers: whatever is
/// queued when the disk is free goes into one transaction, and each caller is resumed on its own executor
/// after the COMMIT. If the commit fails, all callers of the group get the reason, and the next group begins
/// afresh.
class CommitThread {
 public:
  explicit CommitThread(std::unique_ptr<SessionGroup> group);
  /// Commits what is queued, then ends the thread.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// Calls `change(group)` in a transaction, on the thread, and returns its result once that is committed.
  /// Any thread may call. Not cancellable.
  template <class Change>
  boost::asio::awaitable<std::invoke_result_t<Change, SessionGroup&>> run(Change change) {
    using Outcome = std::invoke_result_t<Change, SessionGroup&>;
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
        [this](auto handler, Change queued) {
          enqueue(std::make_unique<Call<Change, Outcome, decltype(handler)>>(std::move(queued),
                                                                             std::move(handler)));
        },
        boost::asio::use_awaitable, std::move(change));
  }

  /// See SessionGroup::published_rows().
  SessionGroup::LastRows published_rows() const { return group_->published_rows(); }

  /// Succeeds unless the last group failed and the journal still cannot be written.
  AsyncResult<void> check();

 private:
  struct Work {
    virtual ~Work() = default;
    virtual Result<void> apply(SessionGroup& group) = 0;
    /// Its group was not committed.
    virtual void fail(const Error& failure) = 0;
    /// Hands the outcome to the caller, on its executor.
    virtual void resume() = 0;
    virtual boost::asio::any_io_executor executor() const = 0;
  };

  template <class Change, class Outcome, class Handler>
  struct Call final : Work {
    Call(Change queued, Handler waiting)
        : change(std::move(queued)),
          guard(boost::asio::make_work_guard(waiting)),
          handler(std::move(waiting)) {}

    Result<void> apply(SessionGroup& group) override {
      outcome.emplace(change(group));
      if (!*outcome) return std::unexpected(outcome->error());
      return {};
    }

    void fail(const Error& failure) override { outcome.emplace(std::unexpected(failure)); }

    void resume() override { handler(std::move(*outcome)); }

    boost::asio::any_io_executor executor() const override { return guard.get_executor(); }

    Change change;
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> guard;
    Handler handler;
    std::optional<Outcome> outcome;
  };

  using Works = std::vector<std::unique_ptr<Work>>;

  void enqueue(std::unique_ptr<Work> work);
  void loop();
  /// Waits for work and takes all of it; false when there is none and none will come.
  bool take(Works& works);
  Result<void> commit(const Works& works);

  std::unique_ptr<SessionGroup> group_;  // the thread's own
  bool failed_ = false;                  // the thread's own: the last group was not committed
  std::mutex mutex_;
  std::condition_variable queued_;
  Works queue_;            // guarded by mutex_
  bool waiting_ = false;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace chatsync::embedded

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/one_shot.hpp"
#include "chat/model_server.hpp"

namespace chatsync::test {

/// A model server that says what the test wants, when it wants it. One thread.
class ScriptedModelServer final : public ModelServer {
 public:
  /// What a stream gives next: an event, nothing for the end, or a failure.
  using Event = Result<std::optional<std::string>>;

  explicit ScriptedModelServer(boost::asio::any_io_executor executor) : script_(std::make_shared<Script>()) {
    script_->executor = std::move(executor);
  }

  AsyncResult<std::string> complete(std::string body) override {
    asked.push_back(std::move(body));
    co_return reply;
  }

  AsyncResult<std::unique_ptr<AnswerStream>> stream(std::string body) override {
    asked.push_back(std::move(body));
    if (!reply) co_return std::unexpected(reply.error());
    co_return std::make_unique<Stream>(script_);
  }

  AsyncResult<std::string> models() override { co_return std::string("{}"); }
  void stop() override {}

  /// Lets the streams go on.
  void say(Event event) {
    script_->events.push_back(std::move(event));
    script_->wake();
  }
  void say_text(const std::string& text) {
    say(R"({"choices":[{"index":0,"delta":{"content":")" + text + R"("}}]})");
  }
  void say_end() {
    say(R"({"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
    say(std::optional<std::string>());
  }

  std::vector<std::string> asked;  ///< The bodies, in their order.
  Result<std::string> reply;       ///< Of complete(); an error is that of stream() too.

 private:
  struct Script {
    boost::asio::any_io_executor executor;
    std::deque<Event> events;
    std::shared_ptr<OneShot<bool>> waiting;
    bool cancelled = false;

    void wake() {
      if (waiting) std::exchange(waiting, nullptr)->set(true);
    }
  };

  class Stream final : public AnswerStream {
   public:
    explicit Stream(std::shared_ptr<Script> script) : script_(std::move(script)) {}

    AsyncResult<std::optional<std::string>> next() override {
      const auto script = script_;
      while (script->events.empty() && !script->cancelled) {
        const auto wait = script->waiting = std::make_shared<OneShot<bool>>(script->executor);
        co_await wait->wait();
      }
      if (script->cancelled) co_return fail(ErrorKind::model_failed, "it was cancelled", "cancelled");
      Event event = std::move(script->events.front());
      script->events.pop_front();
      co_return event;
    }

    void cancel() override {
      script_->cancelled = true;
      script_->wake();
    }

   private:
    std::shared_ptr<Script> script_;
  };

  std::shared_ptr<Script> script_;
};

}  // namespace chatsync::test

#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "answer/openai_server.hpp"
#include "support/eventually.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/scripted_upstream.hpp"

namespace chatsync::answer {

/// Our client of model servers against one in the test's hands. Pauses take no time: the clock is moved to
/// the end of each, and their lengths are kept.
class AnswerFixture : public ::testing::Test {
 protected:
  using Exchange = test::ScriptedUpstream::Exchange;

  OpenAiOptions options() const { return {.base_url = upstream.base_url(), .api_key = "sk-test"}; }

  OpenAiServer& start(OpenAiOptions given) {
    return server.emplace(io.get_executor(), std::move(given), clock);
  }
  OpenAiServer& start() { return start(options()); }

  template <class T>
  Result<T> await(AsyncResult<T> task) {
    std::optional<Result<T>> result;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, Result<T> value) {
      if (failure) std::rethrow_exception(failure);
      result.emplace(std::move(value));
    });
    const auto patience = std::chrono::steady_clock::now() + test::kPatience;
    while (!result) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("a coroutine did not end");
      if (const auto alarm = clock.next_alarm()) {
        const auto pause = *alarm - clock.steady_now();
        pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(pause));
        clock.advance(std::chrono::ceil<std::chrono::microseconds>(pause));
        // Who has waited goes on before anybody looks at the clock again.
        io.restart();
        io.poll();
      }
    }
    return std::move(*result);
  }

  test::ScriptedUpstream upstream;
  test::FakeClock clock;
  std::vector<std::chrono::milliseconds> pauses;
  boost::asio::io_context io;
  std::optional<OpenAiServer> server;
};

}  // namespace chatsync::answer

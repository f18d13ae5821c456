#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "support/eventually.hpp"

namespace chatsync::test {

/// Runs `io` on the calling thread until `task` has ended, and returns what it did. Throws if it has not
/// ended within `patience`; the context must then go before what the task refers to.
template <class T>
T run_coroutine(boost::asio::io_context& io, boost::asio::awaitable<T> task,
                std::chrono::milliseconds patience = kPatience) {
  using Value = std::conditional_t<std::is_void_v<T>, bool, T>;
  std::optional<Value> value;
  std::exception_ptr failure;
  bool ended = false;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown) {
      failure = std::move(thrown);
      ended = true;
    });
  } else {
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T result) {
      failure = std::move(thrown);
      if (!failure) value.emplace(std::move(result));
      ended = true;
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended) {
    io.restart();
    if (io.run_one_until(deadline) == 0 && std::chrono::steady_clock::now() >= deadline) {
      throw std::runtime_error("a coroutine did not end in time");
    }
  }
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

}  // namespace chatsync::test

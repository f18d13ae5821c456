#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "base/post_together.hpp"

namespace chatsync {

/// A coroutine that waits, on an executor of its own, for what becomes of an item.
template <class Item, class Value>
struct WaitingCall {
  Item item;
  boost::asio::executor_work_guard<boost::asio::any_io_executor> executor;
  std::move_only_function<void(std::exception_ptr, Value)> resume;  ///< Once, on the executor.
};

/// Hands a call for `item` to `take(WaitingCall<Item, Value>)` and waits until it is answered. Callable from
/// any coroutine of any executor; `take` is called on the caller's thread.
template <class Value, class Item, class Take>
boost::asio::awaitable<Value> wait_for_answer(Item item, Take take) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, Value)>(
      [](auto handler, Item what, Take hand_over) {
        const boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
        hand_over(WaitingCall<Item, Value>{
            std::move(what), boost::asio::make_work_guard(executor),
            [handler = std::move(handler)](const std::exception_ptr& failure, Value value) mutable {
              handler(failure, std::move(value));
            }});
      },
      boost::asio::use_awaitable, std::move(item), std::move(take));
}

template <class Call>
std::vector<Call> take_first(std::deque<Call>& calls, std::size_t count) {
  std::vector<Call> taken;
  taken.reserve(count);
  for (; count > 0; --count) {
    taken.push_back(std::move(calls.front()));
    calls.pop_front();
  }
  return taken;
}

template <class Item, class Value>
std::vector<Item> take_items(std::vector<WaitingCall<Item, Value>>& calls) {
  std::vector<Item> items;
  items.reserve(calls.size());
  for (auto& call : calls) items.push_back(std::move(call.item));
  return items;
}

/// Gives each call its value, or all of them the failure if there is one. Any thread. Those of one executor
/// are resumed together (post_together).
template <class Item, class Value>
void answer(std::vector<WaitingCall<Item, Value>> calls, std::vector<Value> values,
            const std::exception_ptr& failure = nullptr) {
  struct Answer {
    WaitingCall<Item, Value> call;
    Value value;
  };
  std::vector<Answer> answers;
  answers.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    answers.push_back({std::move(calls[i]), failure ? Value{} : std::move(values[i])});
  }
  post_together(
      std::move(answers), [](const Answer& one) { return one.call.executor.get_executor(); },
      [failure](Answer& one) { one.call.resume(failure, std::move(one.value)); });
}

}  // namespace chatsync

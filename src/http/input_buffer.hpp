#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace chatsync::http {

/// Bytes received and not used up yet.
class InputBuffer {
 public:
  std::string_view data() const { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  void consume(std::size_t bytes) { begin_ += bytes; }

  /// Room for at least one more byte, in memory of at least `capacity` bytes. An empty buffer gets exactly
  /// that, so that the memory of a great request does not stay with an idle connection.
  boost::asio::mutable_buffer prepare(std::size_t capacity) {
    const std::size_t used = end_ - begin_;
    if (used == capacity_) capacity = std::max(capacity, 2 * capacity_);
    if (capacity > capacity_ || (used == 0 && capacity != capacity_)) {
      auto memory = std::make_unique_for_overwrite<char[]>(capacity);
      if (used > 0) std::memcpy(memory.get(), memory_.get() + begin_, used);
      memory_ = std::move(memory);
      capacity_ = capacity;
    } else if (begin_ > 0) {
      std::memmove(memory_.get(), memory_.get() + begin_, used);
    }
    begin_ = 0;
    end_ = used;
    return {memory_.get() + used, capacity_ - used};
  }

  void commit(std::size_t bytes) { end_ += bytes; }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace chatsync::http

// The turns of a batch are recorded together, so their clients are answered together. One system call for
// each would wake a client's program with each; one that runs on this machine, and is owed time since it
// needs less of it than we do, then takes the processor from us at once, for the sake of a single reply. So
// replies wait for the end of the event loop's turn and are handed to the kernel by one call, through an
// io_uring of which nothing else is used: each is sent without waiting, so that all have ended when the call
// returns.
//
// The ring is opened by the thread that uses it: when it is closed, the kernel interrupts the system calls of
// every thread that had to do with it. Where there is no io_uring, because the kernel is old or a container's
// rules forbid it, each is sent by a call of its own, and so it is where the ring fails.
#include "http/batched_sender.hpp"

#include <liburing.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <span>

namespace chatsync::http {
namespace {

constexpr unsigned kMostAtOnce = 128;
constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

}  // namespace

struct BatchedSender::Ring {
  Ring() : opened(io_uring_queue_init(kMostAtOnce, &ring, 0) == 0) {}
  ~Ring() {
    if (opened) io_uring_queue_exit(&ring);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Sends the items, at most kMostAtOnce. Returns how many of them, the first ones, have been; fewer than
  /// all if the ring has failed and is not to be used again.
  std::size_t send(std::span<Item> items) {
    for (std::size_t index = 0; index < items.size(); ++index) {
      const Item& item = items[index];
      io_uring_sqe* const entry = io_uring_get_sqe(&ring);
      io_uring_prep_send(entry, item.socket->native_handle(), item.text.data(), item.text.size(), kFlags);
      io_uring_sqe_set_data64(entry, index);
    }
    std::size_t submitted = 0;
    while (submitted < items.size()) {
      const int taken = io_uring_submit(&ring);
      if (taken == -EINTR) continue;
      if (taken <= 0) break;
      submitted += static_cast<std::size_t>(taken);
    }
    for (std::size_t ended = 0; ended < submitted; ++ended) {
      io_uring_cqe* completion = nullptr;
      while (io_uring_wait_cqe(&ring, &completion) == -EINTR) {
      }
      items[io_uring_cqe_get_data64(completion)].sent = completion->res;
      io_uring_cqe_seen(&ring, completion);
    }
    return submitted;
  }

  bool usable() {
    if (!opened) return false;
    io_uring_probe* const probe = io_uring_get_probe_ring(&ring);
    if (probe == nullptr) return false;
    const bool can_send = io_uring_opcode_supported(probe, IORING_OP_SEND) != 0;
    io_uring_free_probe(probe);
    return can_send;
  }

  io_uring ring{};
  const bool opened;
};

BatchedSender::BatchedSender(boost::asio::any_io_executor executor, SystemCalls calls)
    : executor_(std::move(executor)), calls_(calls) {}

BatchedSender::~BatchedSender() = default;

bool BatchedSender::kernel_has_rings() { return Ring().usable(); }

bool BatchedSender::has_ring() {
  if (calls_ == SystemCalls::one_for_all && !ring_) {
    ring_ = std::make_unique<Ring>();
    if (!ring_->usable()) give_up_ring();
  }
  return ring_ != nullptr;
}

void BatchedSender::give_up_ring() {
  ring_.reset();
  calls_ = SystemCalls::one_for_each;
}

void BatchedSender::add(Item item) {
  waiting_.push_back(std::move(item));
  if (waiting_.size() == 1) boost::asio::post(executor_, [this] { flush(); });
}

void BatchedSender::flush() {
  std::swap(waiting_, sending_);
  send_all(sending_);
  for (Item& item : sending_) item.handler(item.sent);
  sending_.clear();
}

void BatchedSender::send_all(std::vector<Item>& items) {
  std::span<Item> left(items);
  while (left.size() > 1 && has_ring()) {
    const std::span<Item> batch = left.first(std::min<std::size_t>(left.size(), kMostAtOnce));
    const std::size_t sent = ring_->send(batch);
    if (sent < batch.size()) give_up_ring();
    left = left.subspan(sent);
  }
  for (Item& item : left) {
    item.sent = ::send(item.socket->native_handle(), item.text.data(), item.text.size(), kFlags);
    if (item.sent < 0) item.sent = -errno;
  }
}

}  // namespace chatsync::http

#include "redis/reply_matcher.hpp"

#include <algorithm>
#include <utility>

namespace chatsync::redis {
namespace {

/// A script that goes on after an error has it among its results.
bool says_readonly(ReplyView reply) {
  if (reply.is_error()) return reply.text_or("").starts_with("READONLY");
  for (std::size_t index = 0; index < reply.size(); ++index) {
    if (reply[index].is_error() && reply[index].text_or("").starts_with("READONLY")) return true;
  }
  return false;
}

}  // namespace

void ReplyMatcher::add(SteadyTime at, ReplyHandler handler) {
  requests_.push_back({.replies_due = encoder_.commands(),
                       .bytes = output_.size() - encoded_bytes_,
                       .at = at,
                       .replies = {},
                       .handler = std::move(handler)});
  requests_.back().replies.reserve(encoder_.commands());
  encoder_.reset_count();
  encoded_bytes_ = output_.size();
}

void ReplyMatcher::take_output(std::string& into) {
  into.clear();
  std::swap(into, output_);
  encoded_bytes_ = 0;
  sent_ = requests_.size();
}

Result<void> ReplyMatcher::feed(std::string_view bytes) {
  // The reader moves what it holds to the front of its buffer with every reply: it is not to hold much.
  constexpr std::size_t kBytesAtOnce = 4096;
  while (!bytes.empty()) {
    reader_.feed(bytes.substr(0, kBytesAtOnce));
    bytes.remove_prefix(std::min(bytes.size(), kBytesAtOnce));
    if (Result<void> answered = answer(); !answered) return answered;
  }
  return {};
}

/// Answers the requests whose replies are complete.
Result<void> ReplyMatcher::answer() {
  while (std::optional<Reply> reply = reader_.next()) {
    if (sent_ == 0) return fail(ErrorKind::internal, "a reply that nobody asked for");
    if (says_readonly(reply->view())) demoted_ = true;
    Request& front = requests_.front();
    front.replies.push_back(std::move(*reply));
    if (front.replies.size() < front.replies_due) continue;
    // Out of the line before it is answered: the handler may add requests, or drop them all.
    Request answered = std::move(front);
    requests_.pop_front();
    --sent_;
    answered.handler(std::move(answered.replies));
  }
  if (!reader_.broken().empty()) return fail(ErrorKind::internal, std::string(reader_.broken()));
  return {};
}

std::optional<SteadyTime> ReplyMatcher::oldest_sent() const {
  if (sent_ == 0) return std::nullopt;
  return requests_.front().at;
}

std::optional<SteadyTime> ReplyMatcher::oldest_unsent() const {
  if (unsent() == 0) return std::nullopt;
  return requests_[sent_].at;
}

void ReplyMatcher::drop_sent(const Error& why) {
  reader_ = ReplyReader();
  demoted_ = false;
  std::deque<Request> dropped;
  for (; sent_ > 0; --sent_) {
    dropped.push_back(std::move(requests_.front()));
    requests_.pop_front();
  }
  for (Request& request : dropped) request.handler(std::unexpected(why));
}

void ReplyMatcher::drop_unsent(SteadyTime until, const Error& why) {
  std::deque<Request> dropped;
  std::size_t bytes = 0;
  const auto first_unsent = requests_.begin() + static_cast<std::ptrdiff_t>(sent_);
  auto end = first_unsent;
  for (; end != requests_.end() && end->at <= until; ++end) {
    bytes += end->bytes;
    dropped.push_back(std::move(*end));
  }
  requests_.erase(first_unsent, end);
  output_.erase(0, bytes);
  encoded_bytes_ -= bytes;
  for (Request& request : dropped) request.handler(std::unexpected(why));
}

}  // namespace chatsync::redis

// The cheapest there is: whatever has arrived goes to Redis in one write, and its replies are read by their
// lines, whose number is fixed.
#include <sys/socket.h>

#include <charconv>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "documented_commands.hpp"
#include "recording.hpp"

namespace yardstick {
namespace {

class ByCommands : public Recording {
 public:
  ByCommands(int redis, Answer answer) : redis_(redis), answer_(std::move(answer)) {}

  void add(Waiting waiting) override {
    encode_documented_commands(encoder_, waiting.turn);
    waiting_.push_back(std::move(waiting));
  }

  void send() override {
    send_all(redis_, to_redis_);
    to_redis_.clear();
  }

  void receive() override {
    const ssize_t size = ::recv(redis_, buffer_, sizeof buffer_, 0);
    if (size < 0) give_up_at("Redis");
    if (size == 0) give_up("Redis has closed the connection");
    std::string_view bytes(buffer_, static_cast<std::size_t>(size));
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      line_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      take_line();
      line_.clear();
    }
    line_ += bytes;
  }

 private:
  void take_line() {
    if (line_.starts_with('-')) give_up(line_);
    if (lines_ == kLinesBeforeNumber) {
      std::int64_t number = 0;
      std::from_chars(line_.data() + 1, line_.data() + line_.size(), number);
      waiting_.front().turn.seq = number;
    }
    if (++lines_ < kRepliedLines) return;
    lines_ = 0;
    answer_(waiting_.front());
    waiting_.pop_front();
  }

  int redis_;
  Answer answer_;
  std::string to_redis_;
  chatsync::redis::CommandEncoder encoder_{to_redis_};
  std::deque<Waiting> waiting_;
  std::size_t lines_ = 0;
  std::string line_;
  char buffer_[256 * 1024];
};

}  // namespace

std::unique_ptr<Recording> record_by_commands(int redis, Recording::Answer answer) {
  return std::make_unique<ByCommands>(redis, std::move(answer));
}

}  // namespace yardstick

#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yardstick {

/// Memory for the replies to some commands, of which only what they fill is ever touched.
class ReplyBuffer {
 public:
  static constexpr std::size_t kBytes = std::size_t{64} * 1024 * 1024;

  char* begin() { return bytes_.get(); }

 private:
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(kBytes);
};

/// A connection to Redis for many commands at a time. The caller knows what each reply looks like and
/// takes it from the stream piece by piece, without a copy. For one thread. Every failure, also an error
/// reply, is a std::runtime_error.
class RedisPipe {
 public:
  explicit RedisPipe(const std::string& socket_path);
  ~RedisPipe();
  RedisPipe(const RedisPipe&) = delete;
  RedisPipe& operator=(const RedisPipe&) = delete;

  /// Begins a command of so many words, its name included; they must follow.
  void command(std::size_t words) {
    // Redis shall have something to do while the rest is being encoded.
    if (out_.size() >= kChunkBytes) write_out();
    header('*', words);
  }
  void word(std::string_view text) {
    header('$', text.size());
    out_.append(text).append("\r\n");
  }
  /// Words in the form they are sent in.
  void encoded_words(std::string_view words) { out_ += words; }

  /// Sends what commands are not under way yet; their replies go to `replies`, and texts taken from them are
  /// good as long as it is not used again. All replies to earlier commands must have been taken.
  void send(ReplyBuffer& replies);

  /// Takes an integer, or the size of an array, whose elements then follow.
  std::int64_t take_integer();
  /// Takes a text; empty if there is none.
  std::string_view take_text();

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{16} * 1024;

  void write_out();
  void header(char type, std::size_t count) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, count);
    out_ += type;
    out_.append(digits, end).append("\r\n");
  }
  void receive();

  int socket_;
  std::string out_;
  const char* next_ = nullptr;
  char* received_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace yardstick

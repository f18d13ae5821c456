#include "redis/command_encoder.hpp"

#include <charconv>
#include <cstring>

namespace chatsync::redis {
namespace {

constexpr std::size_t kMostAroundBytes = std::string_view("$18446744073709551615\r\n\r\n").size();

char* append_line_end(char* end) {
  end[0] = '\r';
  end[1] = '\n';
  return end + 2;
}

char* append_bytes(char* end, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(end, bytes.data(), bytes.size());
  return end + bytes.size();
}

}  // namespace

CommandEncoder::NumberText::NumberText(long long number)
    : size_(
          static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_)) {}

void CommandEncoder::command(std::initializer_list<std::string_view> arguments) {
  begin(arguments.size());
  for (const std::string_view bytes : arguments) argument(bytes);
}

void CommandEncoder::begin(std::size_t arguments) {
  ++commands_;
  out_ += '*';
  out_ += NumberText(static_cast<long long>(arguments)).view();
  out_ += "\r\n";
}

void CommandEncoder::argument(std::string_view first, std::string_view second) {
  const std::size_t before = out_.size();
  const std::size_t most = before + kMostAroundBytes + first.size() + second.size();
  // Room is made once, and not filled before it is written to: a turn has dozens of arguments.
  if (out_.capacity() < most) out_.reserve(2 * most);
  out_.resize_and_overwrite(most, [&](char* text, std::size_t) {
    char* end = text + before;
    *end++ = '$';
    end = std::to_chars(end, text + most, first.size() + second.size()).ptr;
    end = append_line_end(end);
    end = append_bytes(end, first);
    end = append_bytes(end, second);
    return static_cast<std::size_t>(append_line_end(end) - text);
  });
}

}  // namespace chatsync::redis

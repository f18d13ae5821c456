#include "redis/command_encoder.hpp"

#include <algorithm>
#include <charconv>

namespace chatsync::redis {

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
  const NumberText number(static_cast<long long>(first.size() + second.size()));
  const std::string_view length = number.view();
  const std::size_t before = out_.size();
  const std::size_t bytes = 1 + length.size() + 2 + first.size() + second.size() + 2;
  // Room is made once, and not filled before it is written to: a turn has dozens of arguments.
  const auto write = [&](char* text, std::size_t size) {
    char* end = text + before;
    const auto append = [&end](std::string_view piece) { end = std::ranges::copy(piece, end).out; };
    append("$");
    append(length);
    append("\r\n");
    append(first);
    append(second);
    append("\r\n");
    return size;
  };
  if (out_.capacity() < before + bytes) out_.reserve(2 * (before + bytes));
  out_.resize_and_overwrite(before + bytes, write);
}

}  // namespace chatsync::redis

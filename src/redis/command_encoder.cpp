#include "redis/command_encoder.hpp"

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
  out_ += '$';
  out_ += NumberText(static_cast<long long>(first.size() + second.size())).view();
  out_ += "\r\n";
  out_ += first;
  out_ += second;
  out_ += "\r\n";
}

}  // namespace chatsync::redis

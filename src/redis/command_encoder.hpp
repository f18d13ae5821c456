#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace chatsync::redis {

/// Appends commands in Redis' wire form (arrays of bulk strings) to a buffer of somebody else's.
class CommandEncoder {
 public:
  explicit CommandEncoder(std::string& out) : out_(out) {}

  /// A whole command.
  void command(std::initializer_list<std::string_view> arguments);

  /// The head of a command; exactly `arguments` arguments must follow, its name being the first.
  void begin(std::size_t arguments);
  void argument(std::string_view bytes) { argument(bytes, {}); }
  /// One argument made of two pieces, so that a key need not be put together first.
  void argument(std::string_view first, std::string_view second);
  template <std::integral Number>
  void argument(Number number) {
    const NumberText text(static_cast<long long>(number));
    argument(text.view(), {});
  }
  /// Arguments that are encoded already.
  void encoded_arguments(std::string_view wire) { out_ += wire; }

  /// Commands begun since the last reset.
  std::size_t commands() const { return commands_; }
  void reset_count() { commands_ = 0; }

 private:
  class NumberText {
   public:
    explicit NumberText(long long number);
    std::string_view view() const { return {digits_, size_}; }

   private:
    char digits_[20];
    std::size_t size_;
  };

  std::string& out_;
  std::size_t commands_ = 0;
};

}  // namespace chatsync::redis

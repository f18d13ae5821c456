#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace chatsync::redis {

/// An argument that is always the same, in Redis' wire form since the program was compiled.
template <std::size_t Size>
class ConstantArgument {
 public:
  /// A literal of less than a hundred bytes.
  explicit consteval ConstantArgument(const char (&text)[Size]) {
    constexpr std::size_t kBytes = Size - 1;
    static_assert(kBytes < 100);
    char* end = wire_;
    *end++ = '$';
    if constexpr (kBytes >= 10) *end++ = '0' + kBytes / 10;
    *end++ = '0' + kBytes % 10;
    end = std::copy_n("\r\n", 2, end);
    end = std::copy_n(text, kBytes, end);
    std::copy_n("\r\n", 2, end);
  }

  constexpr std::string_view wire() const { return {wire_, sizeof wire_}; }

 private:
  static constexpr std::size_t kDigits = Size > 10 ? 2 : 1;
  char wire_[1 + kDigits + 2 + (Size - 1) + 2] = {};
};

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
  template <std::size_t Size>
  void argument(const ConstantArgument<Size>& constant) {
    out_ += constant.wire();
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

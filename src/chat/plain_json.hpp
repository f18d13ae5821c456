#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace chatsync {

/// Whether a byte stands for itself within a JSON string.
inline bool is_plain(unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

/// Whether one of the eight bytes from `bytes` on may not stand for itself: most text is passed by eight
/// bytes at a time. A byte is below n, if n is at most 0x80, exactly where its subtraction borrows into its
/// own highest bit, which was not set; the borrow may tell too much of the next byte, never too little.
inline bool may_not_be_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto has_below = [](std::uint64_t from, unsigned char limit) {
    return (from - kOnes * limit) & ~from & (kOnes * 0x80);
  };
  return (has_below(word, 0x20) | has_below(word ^ (kOnes * '"'), 1) | has_below(word ^ (kOnes * '\\'), 1)) !=
         0;
}

/// The first byte of `text`, from `position` on, that does not stand for itself; the end if there is none.
inline std::size_t end_of_plain(std::string_view text, std::size_t position) {
  while (position < text.size()) {
    if (position + sizeof(std::uint64_t) <= text.size() && !may_not_be_plain(text.data() + position)) {
      position += sizeof(std::uint64_t);
    } else if (is_plain(static_cast<unsigned char>(text[position]))) {
      ++position;
    } else {
      break;
    }
  }
  return position;
}

}  // namespace chatsync

#pragma once

#include <cstddef>
#include <string_view>

namespace chatsync {

/// Whether a byte stands for itself within a JSON string.
inline bool is_plain(unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

inline constexpr std::size_t kPlainBlock = 32;

/// Whether all bytes of a block stand for themselves. Without a branch, so that a compiler makes a few vector
/// instructions of it: most text is passed by blocks.
inline bool is_plain_block(const char* bytes) {
  bool special = false;
  for (std::size_t i = 0; i < kPlainBlock; ++i) special |= !is_plain(static_cast<unsigned char>(bytes[i]));
  return !special;
}

/// The first byte of `text`, from `position` on, that does not stand for itself; the end if there is none.
inline std::size_t end_of_plain(std::string_view text, std::size_t position) {
  while (position + kPlainBlock <= text.size() && is_plain_block(text.data() + position)) {
    position += kPlainBlock;
  }
  // The end of a text that is longer than a block lies in a block of its own, which begins before `position`.
  const bool at_end = position < text.size() && text.size() < position + kPlainBlock;
  if (at_end && text.size() >= kPlainBlock && is_plain_block(text.data() + text.size() - kPlainBlock)) {
    return text.size();
  }
  while (position < text.size() && is_plain(static_cast<unsigned char>(text[position]))) ++position;
  return position;
}

}  // namespace chatsync

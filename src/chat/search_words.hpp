#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chatsync {

inline constexpr std::size_t kMaxSearchWords = 16;

/// The words of a text: runs of letters, digits and `_`, where every byte beyond ASCII is taken for a letter.
/// At most kMaxSearchWords. They point into the text.
std::vector<std::string_view> search_words(std::string_view text);

/// The text with its words made at least three characters long by `_` behind them, and everything else a
/// space. MySQL's full-text index leaves shorter words out (innodb_ft_min_token_size), which in Vietnamese
/// are many.
std::string with_long_words(std::string_view text);

/// A piece of the text, about 160 bytes, around the first of the words that stands in it as it is written;
/// the beginning of the text if none does. Cuts no character.
std::string snippet_of(std::string_view text, const std::vector<std::string>& words);

}  // namespace chatsync

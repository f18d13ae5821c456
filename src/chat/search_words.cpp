#include "chat/search_words.hpp"

#include <algorithm>

namespace chatsync {
namespace {

constexpr std::size_t kShortestWord = 3;
constexpr std::size_t kSnippetBytes = 160;
constexpr std::size_t kBeforeWord = 40;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool is_of_word(char c) {
  return static_cast<unsigned char>(c) >= 0x80U || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

/// Calls `take(word)` for each word until it returns false.
template <class Take>
void for_each_word(std::string_view text, Take take) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_of_word(text[begin])) {
      ++begin;
      continue;
    }
    const auto end =
        static_cast<std::size_t>(std::ranges::find_if_not(text.substr(begin), is_of_word) - text.begin());
    if (!take(text.substr(begin, end - begin))) return;
    begin = end;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::vector<std::string_view> search_words(std::string_view text) {
  std::vector<std::string_view> words;
  for_each_word(text, [&](std::string_view word) {
    words.push_back(word);
    return words.size() < kMaxSearchWords;
  });
  return words;
}

std::string with_long_words(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for_each_word(text, [&](std::string_view word) {
    if (!result.empty()) result += ' ';
    result += word;
    const auto characters =
        word.size() - static_cast<std::size_t>(std::ranges::count_if(word, is_continuation));
    if (characters < kShortestWord) result.append(kShortestWord - characters, '_');
    return true;
  });
  return result;
}

std::string snippet_of(std::string_view text, const std::vector<std::string>& words) {
  std::size_t at = 0;
  for (const std::string& word : words) {
    const auto found = std::ranges::search(text, word, [](char a, char b) { return lower(a) == lower(b); });
    if (found.empty()) continue;
    at = static_cast<std::size_t>(found.begin() - text.begin());
    break;
  }
  std::size_t begin = at > kBeforeWord ? at - kBeforeWord : 0;
  std::size_t end = std::min(text.size(), begin + kSnippetBytes);
  while (begin < text.size() && is_continuation(text[begin])) ++begin;
  while (end < text.size() && end > begin && is_continuation(text[end])) --end;
  std::string snippet = begin > 0 ? "…" : "";
  snippet += text.substr(begin, end - begin);
  if (end < text.size()) snippet += "…";
  return snippet;
}

}  // namespace chatsync

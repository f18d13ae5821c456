#include "chat/conversation_title.hpp"

namespace chatsync {
namespace {

constexpr std::size_t kMaxCharacters = 60;

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

}  // namespace

std::string title_of_question(std::string_view question) {
  std::string title;
  std::size_t characters = 0;
  std::size_t last_word_end = 0;
  for (const char c : question) {
    if (is_space(c)) {
      if (title.empty() || title.back() == ' ') continue;
      last_word_end = title.size();
    }
    if (begins_character(c) && ++characters > kMaxCharacters) {
      if (!is_space(c) && last_word_end != 0) title.resize(last_word_end);
      title += "…";
      return title;
    }
    title += is_space(c) ? ' ' : c;
  }
  if (!title.empty() && title.back() == ' ') title.pop_back();
  return title;
}

}  // namespace chatsync

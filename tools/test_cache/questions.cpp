#include "test_cache/questions.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace chatsync::test_cache {

namespace {

// Text that shows damage at once: Vietnamese, composed and decomposed letters, four-byte
// characters, joined emoji, right to left, and what JSON must escape.
constexpr std::array<std::string_view, 8> kTopics{
    "Hà Nội hôm nay thời tiết thế nào?",
    "Làm sao để nấu một nồi phở bò thật ngon?",
    "Vì sao bầu trời màu xanh? 🌤️",
    "Kể cho tôi nghe về Vịnh Hạ Long.",
    "Dịch giúp tôi: \"Xin chào\" → 日本語, العربية, ελληνικά",
    "Gia đình 👩‍👩‍👧‍👦 tôi nên đi đâu vào dịp Tết?",
    "Tie\u0302\u0301ng Vie\u0323\u0302t có bao nhiêu thanh điệu?",
    "Đường C:\\tạm\\𝛼.txt nghĩa là gì?\nXuống dòng.\tHết.",
};

}  // namespace

std::string question_text(std::int64_t client, std::int64_t message) {
  const auto topic = static_cast<std::size_t>(client + message - 2) % kTopics.size();
  return fmt::format("Câu hỏi {}.{}: {}", client, message, kTopics.at(topic));
}

}  // namespace chatsync::test_cache

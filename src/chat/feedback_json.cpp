#include "chat/feedback_json.hpp"

#include "chat/turn_json.hpp"

namespace chatsync {

void append_feedback(std::string& out, const ItemFeedback* feedback) {
  constexpr std::int64_t kSecond = 1'000'000;
  if (feedback == nullptr) {
    out += "null";
    return;
  }
  out += feedback->rating > 0 ? R"({"rating":"up","comment":)" : R"({"rating":"down","comment":)";
  append_json_string(out, feedback->comment);
  out += R"(,"user":)";
  append_json_string(out, feedback->given_by);
  out += R"(,"created_at":)" + std::to_string(feedback->given_at_us / kSecond) + '}';
}

}  // namespace chatsync

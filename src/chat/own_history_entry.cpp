#include "chat/own_history_entry.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "chat/plain_json.hpp"
#include "chat/turn_details.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

/// Goes through a text of a known form. Each function takes what it names from the beginning, or says that it
/// does not stand there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool take_number(std::int64_t& number) {
    const auto [end, error] = std::from_chars(rest_.begin(), rest_.end(), number);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    if (error != std::errc() || rest_.starts_with('-') || (rest_.starts_with('0') && size > 1)) return false;
    rest_.remove_prefix(size);
    return true;
  }

  /// What a JSON string says of which the opening quotation mark has been taken; with the closing one.
  bool take_text(std::string& text) {
    while (true) {
      const std::size_t plain = end_of_plain(rest_, 0);
      text.append(rest_, 0, plain);
      rest_.remove_prefix(plain);
      if (skip("\"")) return is_utf8(text);
      if (!take_escape(text)) return false;
    }
  }

  bool take_status(TurnStatus& status) {
    const std::string_view word = rest_.substr(0, rest_.find('"'));
    status = turn_status_from(word);
    return word == to_string(status) && skip(word) && skip("\"");
  }

 private:
  bool take_escape(std::string& text) {
    if (rest_.size() < 2 || rest_[0] != '\\') return false;
    const char letter = rest_[1];
    rest_.remove_prefix(2);
    switch (letter) {
      case '"':
      case '\\':
        text += letter;
        return true;
      case 'n':
        text += '\n';
        return true;
      case 'r':
        text += '\r';
        return true;
      case 't':
        text += '\t';
        return true;
      case 'u':
        return take_control(text);
      default:
        return false;
    }
  }

  bool take_control(std::string& text) {
    if (rest_.size() < 4 || !skip("00")) return false;
    const std::string_view digits = rest_.substr(0, 2);
    unsigned char control = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), control, 16);
    if (error != std::errc() || end != digits.end() || control >= 0x20) return false;
    text += static_cast<char>(control);
    return skip(digits);
  }

  std::string_view rest_;
};

}  // namespace

std::optional<Turn> parse_own_history_entry(std::string_view session_id, std::string_view text) {
  Reader reader(text);
  Turn turn;
  if (reader.skip(R"({"seq":)")) {
    if (!reader.take_number(turn.seq.emplace()) || !reader.skip(R"(,"created_at":)")) return std::nullopt;
  } else if (!reader.skip(R"({"created_at":)")) {
    return std::nullopt;
  }
  const bool is_own =
      reader.take_number(turn.timestamp_us) && reader.skip(R"(,"turn_id":")") &&
      reader.take_text(turn.turn_id) && reader.skip(R"(,"user_id":")") && reader.take_text(turn.user_id) &&
      reader.skip(R"(,"question":")") && reader.take_text(turn.question) && reader.skip(R"(,"answer":")") &&
      reader.take_text(turn.answer) && reader.skip(R"(,"status":")") && reader.take_status(turn.status) &&
      reader.skip(R"(,"model":")") && reader.take_text(turn.model) &&
      (!reader.skip(R"(,"details":")") || reader.take_text(turn.details)) && reader.skip("}") &&
      reader.at_end();
  if (!is_own || turn.turn_id.empty()) return std::nullopt;
  turn.details = details_or_nothing(turn.details);
  turn.session_id = session_id;
  return turn;
}

}  // namespace chatsync

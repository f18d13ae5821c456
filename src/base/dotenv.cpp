#include "base/dotenv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace chatsync {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_key_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool is_key_char(char c) { return is_key_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

std::optional<char> unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '$':
      return c;
    default:
      return std::nullopt;
  }
}

class Parser {
 public:
  Parser(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  Result<std::vector<DotEnvEntry>> parse() {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      return error("the file is UTF-16; save it as UTF-8");
    }
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (text_.find('\0') != std::string_view::npos) return error("the file holds zero bytes; is it text?");

    std::vector<DotEnvEntry> entries;
    while (at_ < text_.size()) {
      skip_blanks();
      if (!at_end_of_content()) {
        auto entry = parse_entry();
        if (!entry) return failure_of(std::move(entry));
        entries.push_back(*std::move(entry));
      }
      skip_line();
    }
    return entries;
  }

 private:
  /// Leaves the position somewhere before the end of the entry's last line.
  Result<DotEnvEntry> parse_entry() {
    DotEnvEntry entry;
    entry.line = line_;
    entry.key = take_key();
    if (entry.key == "export" && is_blank(peek())) {
      skip_blanks();
      entry.key = take_key();
    }
    skip_blanks();
    if (entry.key.empty() || peek() != '=') return error("expected KEY=VALUE");
    ++at_;
    skip_blanks();

    if (peek() == '\'' || peek() == '"') {
      auto value = take_quoted();
      if (!value) return failure_of(std::move(value));
      entry.value = *std::move(value);
      skip_blanks();
      if (!at_end_of_content()) return error("unexpected text after the closing quote");
    } else {
      entry.value = take_bare();
    }
    return entry;
  }

  std::string take_key() {
    const std::size_t start = at_;
    if (is_key_start(peek())) {
      while (is_key_char(peek())) ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  /// Up to the end of the line or a `#` after white space; white space at the end is not part of it.
  std::string take_bare() {
    const std::size_t start = at_;
    std::size_t end = at_;
    while (!at_line_end() && !(peek() == '#' && is_blank(text_[at_ - 1]))) {
      if (!is_blank(peek())) end = at_ + 1;
      ++at_;
    }
    // `KEY=#text` has no white space before the sign, so the sign belongs to the value.
    return std::string(text_.substr(start, end - start));
  }

  Result<std::string> take_quoted() {
    const char quote = peek();
    const std::size_t first_line = line_;
    ++at_;
    std::string value;
    while (at_ < text_.size() && peek() != quote) {
      if (peek() == '\n') ++line_;
      if (quote == '"' && peek() == '\\' && at_ + 1 < text_.size()) {
        if (const auto plain = unescaped(text_[at_ + 1])) {
          value += *plain;
          at_ += 2;
          continue;
        }
      }
      // Line ends inside a value are the same whichever editor wrote the file.
      if (peek() != '\r' || text_.substr(at_, 2) != "\r\n") value += peek();
      ++at_;
    }
    if (at_ == text_.size()) {
      line_ = first_line;
      return error(fmt::format("the quote {} is never closed", quote));
    }
    ++at_;
    return value;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool at_line_end() const {
    return at_ == text_.size() || peek() == '\n' || (peek() == '\r' && text_.substr(at_, 2) == "\r\n");
  }

  bool at_end_of_content() const { return at_line_end() || peek() == '#'; }

  void skip_blanks() {
    while (is_blank(peek())) ++at_;
  }

  void skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ < text_.size()) ++at_;
    ++line_;
  }

  std::unexpected<Error> error(std::string_view what) const {
    return fail(ErrorKind::invalid_argument, fmt::format("{}:{}: {}", path_, line_, what), {},
                std::string(path_));
  }

  std::string_view path_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<DotEnvEntry>> parse_dotenv(std::string_view path, std::string_view text) {
  return Parser(path, text).parse();
}

}  // namespace chatsync

#include "test_cache/option_checks.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>
#include <system_error>

namespace chatsync::test_cache {

namespace {

constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool consists_of(std::string_view text, std::string_view punctuation, std::size_t most) {
  if (text.empty() || text.size() > most) {
    return false;
  }
  return std::string_view::npos == text.find_first_not_of(std::string{kLettersAndDigits}.append(punctuation));
}

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped_at, error] = std::from_chars(begin, end, number);
  return error == std::errc{} && stopped_at == end;
}

}  // namespace

std::string check_session_id(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (consists_of(text, "._-", kLongest)) {
    return {};
  }
  return fmt::format("'{}' is not a session id (1 to 64 of A-Z a-z 0-9 . _ -)", text);
}

std::string check_user_id(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  if (consists_of(text, "._:@+-", kLongest)) {
    return {};
  }
  return fmt::format("'{}' is not a user id (1 to 128 of A-Z a-z 0-9 . _ : @ + -)", text);
}

std::string check_whole_number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  if (parse_whole(text, number) && number >= least && number <= most) {
    return {};
  }
  return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
}

std::string check_seconds(std::string_view text, double most) {
  double seconds = 0;
  if (parse_whole(text, seconds) && std::isfinite(seconds) && seconds >= 0 && seconds <= most) {
    return {};
  }
  return fmt::format("'{}' is not a number of seconds from 0 to {}", text, most);
}

std::string check_url(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url{curl_url(), &curl_url_cleanup};
  const bool is_http = text.starts_with("http://") || text.starts_with("https://");
  const bool is_plain = text.find_first_of("?#") == std::string::npos;
  if (is_http && is_plain && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK) {
    return {};
  }
  return fmt::format("'{}' is not an http:// or https:// address", text);
}

}  // namespace chatsync::test_cache

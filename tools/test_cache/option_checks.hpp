#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Validators of the command line. Each returns an empty string when the text is acceptable and
/// otherwise half a sentence that follows the option's name.
namespace chatsync::test_cache {

std::string check_session_id(std::string_view text);
std::string check_user_id(std::string_view text);
std::string check_whole_number(std::string_view text, std::int64_t least, std::int64_t most);
std::string check_seconds(std::string_view text, double most);
std::string check_url(const std::string& text);

}  // namespace chatsync::test_cache

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chatsync::bench {

/// Ends the process with 2, for a load that was not served as it must be has no figures.
[[noreturn]] void give_up(const std::string& why);

/// A connected TCP socket without Nagle's delay.
int connect_to(const std::string& host, const std::string& port);

/// The length of the whole reply at the front of `text`, 0 while its headers are not complete.
std::size_t reply_length(std::string_view text);

}  // namespace chatsync::bench

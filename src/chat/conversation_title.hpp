#pragma once

#include <string>
#include <string_view>

namespace chatsync {

/// A title for a conversation that was given none: the beginning of its first question on one line, at most
/// about sixty characters, cut between words where there are any. `question` is UTF-8.
std::string title_of_question(std::string_view question);

}  // namespace chatsync

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/answerer.hpp"
#include "chat/turn.hpp"

namespace chatsync {

// A recorded turn in the form of OpenAI's API, for those who ask for its answer a second time.

/// What the turn tells of its answer.
Answer answer_of(const Turn& turn);

/// The turn as a `chat.completion`.
std::string completion_of(const Turn& turn);

/// A `chat.completion.chunk` that carries a piece of the turn's text.
std::string text_chunk(const Turn& turn, std::string_view text);

/// The chunk that ends the answer, with its tool calls, if it has some.
std::string last_chunk(const Turn& turn);

/// The chunk with the token counts; empty if they are not known.
std::string usage_chunk(const Turn& turn);

}  // namespace chatsync

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "chat/answerer.hpp"

namespace chatsync {

// What is known of a turn beside its texts is one JSON object, in Turn::details:
//   finish_reason, prompt_tokens, completion_tokens   as the model server told them; of an answer that broke
//             off, finish_reason says why: `cancelled`, `model_broke_off`, …
//   latency_ms                                        from the question to the end of its answer
//   asked     the messages from the last one of the user on, where text is not all of them
//   message   the message of the assistant, where text is not all of it
//   input, output   the same as items of OpenAI's Responses and Conversations APIs (conversation_items.hpp)
//   response  what a request to the Responses API gave beside its input
//   request   a digest of the request, where that may be sent again (Idempotency-Key)

/// The details of a turn with this answer. `asked` is JSON, or empty; `more` are further members as JSON,
/// such as `"request":"…"`, or empty.
std::string turn_details(const Answer& answer, std::string_view asked, std::chrono::milliseconds latency,
                         std::string_view more = {});

/// The member `request`; empty if there is none.
std::string request_in_details(std::string_view details);

/// `text` if it is a JSON object in UTF-8, else nothing: other programs may write what they like.
std::string details_or_nothing(std::string_view text);

}  // namespace chatsync

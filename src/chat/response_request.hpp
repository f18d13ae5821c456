#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/conversation_items.hpp"

namespace chatsync {

/// A client's request to POST /v1/responses.
struct ResponseRequest {
  bool stream = false;
  bool store = true;
  std::string previous_response_id;  ///< Empty if it is not given.
  std::string conversation;          ///< The same.
  std::string session_id;            ///< `metadata.session_id`, the same.
  std::string user;                  ///< `user`, or else `safety_identifier`.
  std::vector<Item> input;           ///< Not empty.
  std::string model;
  std::string instructions;
  /// What the chat completion that is asked for has beside model, messages and stream: members as JSON, each
  /// with a comma before it.
  std::string options;
  /// What the response repeats of the request: a JSON object.
  std::string shown;
};

/// `invalid_argument` if the body is no such request, or asks for what a chat completion cannot give; `param`
/// names the field. Fields that are unknown here go to the model server as they are.
Result<ResponseRequest> read_response_request(std::string_view body);

/// Whether the client sent the conversation itself, so that nothing need go before it.
bool is_conversation(const std::vector<Item>& input);

/// What of the input is the turn's own, where the client sent the conversation: from the last message of the
/// user on.
std::vector<Item> own_part(const std::vector<Item>& input);

/// The question of a turn that begins with these items: the text of the last message of the user, or else of
/// the outputs of functions.
std::string question_of(const std::vector<Item>& input);

/// The members of the details of a turn that answers this request, without braces.
std::string response_details(const ResponseRequest& request, const std::vector<Item>& input);

/// The body of the chat completion to ask for. `history`: messages that go before the input, as JSON,
/// separated by commas.
std::string completion_body(const ResponseRequest& request, std::string_view history);

}  // namespace chatsync

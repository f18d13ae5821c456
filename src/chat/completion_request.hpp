#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/turn.hpp"

namespace chatsync {

/// A client's request to POST /chat/completions: the text as it came, and what of it concerns us. All else
/// passes through untouched.
struct CompletionRequest {
  std::string body;
  bool stream = false;
  bool wants_usage = false;  ///< Of a stream: `stream_options.include_usage`.
  bool names_model = false;
  std::string session_id;  ///< `metadata.session_id`; empty if it is not given.
  std::string user;        ///< The same of `user`.

  bool has_question = false;  ///< There is a message of the user,
  std::string question;       ///< the text of the last one,
  /// and it is the only message but for system messages before it: the client leaves the past to us.
  bool lone_question = false;
  std::size_t question_at = 0;  ///< Where in the body it stands.
  /// The messages from the last one of the user on, as JSON, where its text is not all of it; else empty.
  std::string asked;
};

/// `invalid_argument` if the body is no JSON object with messages, naming the field at fault.
Result<CompletionRequest> read_completion_request(std::string body);

/// What is changed in a request before it goes to the model server.
struct RequestChanges {
  std::vector<Turn> history;  ///< Goes before a lone question, oldest first.
  bool ask_for_usage = false;
  std::string default_model;  ///< For requests that name none; empty: left out.
};

/// The body with the changes, and every other byte as it was.
std::string changed_body(const CompletionRequest& request, const RequestChanges& changes);

}  // namespace chatsync

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/handler.hpp"

namespace chatsync::http {

/// Everything there is of a user as NDJSON: each session with its turns behind it, oldest first, what was
/// done to these later, and those that the store could not take; and a last line with their numbers, by which
/// the reader knows that nothing is missing. Turns come from the store and from what is pending. Reads a few
/// turns at a time, about kPieceBytes of them.
class UserExport final : public BodyProducer {
 public:
  static constexpr std::size_t kPieceBytes = 262'144;

  /// `chat` and `extras` must outlive it. Without `extras` there is no more to a session than its turns.
  UserExport(service::ChatService& chat, service::ConversationExtras* extras, std::string user_id);

  AsyncResult<bool> append_next(std::string* out) override;

 private:
  AsyncResult<void> open_session(std::string* out);
  AsyncResult<void> next_sessions();
  AsyncResult<void> append_turns(std::string* out);
  AsyncResult<void> append_letters(std::string* out);

  service::ChatService& chat_;
  service::ConversationExtras* extras_;
  std::string user_id_;
  std::vector<Session> sessions_;  ///< Read and not written yet, the next one last.
  std::string last_session_id_;
  bool more_sessions_ = true;
  std::optional<std::string> open_session_;     ///< Its turns are being written,
  std::optional<std::int64_t> last_letter_id_;  ///< and after them its dead letters.
  std::int64_t last_timestamp_us_ = 0;
  std::size_t page_turns_ = 0;
  std::int64_t session_count_ = 0;
  std::int64_t turn_count_ = 0;
  std::int64_t letter_count_ = 0;
};

}  // namespace chatsync::http

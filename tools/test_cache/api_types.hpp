#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chatsync::test_cache {

/// The server's acknowledgement of one question.
struct ChatReply {
  std::string session_id;
  std::string turn_id;
  std::int64_t question_count = 0;
  std::string answer;
};

/// One turn as the server shows it in a session's messages.
struct HistoryTurn {
  std::string turn_id;
  std::optional<std::int64_t> seq;
  std::string question;
  std::string answer;
};

struct SessionStats {
  std::string session_id;
  std::string user_id;
  std::int64_t question_count = 0;
  std::optional<std::int64_t> question_count_cache;
  std::optional<std::int64_t> question_count_store;
  std::int64_t pending = 0;
  std::int64_t synced = 0;
  std::int64_t history_length = 0;
  std::optional<std::string> last_activity;
};

struct SyncReply {
  std::string message;
  std::optional<std::int64_t> synced;
  std::int64_t dead_lettered = 0;
};

/// Why a call gave no result.
struct ApiError {
  enum class Kind {
    no_connection,  ///< nothing was sent
    no_reply,       ///< sent, and the reply did not come or broke off
    status,         ///< the server answered with an error
    malformed,      ///< the server answered 200 with something else than documented
  };

  Kind kind = Kind::status;
  long status = 0;   ///< with Kind::status
  std::string text;  ///< one line for people; names status and code
};

/// True if the request may have taken effect although it was not acknowledged.
inline bool outcome_unknown(const ApiError& error) {
  return error.kind == ApiError::Kind::no_reply || error.kind == ApiError::Kind::malformed;
}

}  // namespace chatsync::test_cache

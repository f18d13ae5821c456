#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/turn.hpp"
#include "redis/command_encoder.hpp"
#include "redis/reply.hpp"

namespace chatsync::redis {

/// The fields of a message's hash that make a turn, in the order in which read_turn() wants them.
inline constexpr std::array<std::string_view, 8> kTurnFields = {"turn_id", "seq",    "user_id", "question",
                                                                "answer",  "status", "model",   "details"};
/// The fields of a session's meta hash, in the order in which read_session() wants them.
inline constexpr std::array<std::string_view, 5> kMetaFields = {"user_id", "title", "created_at",
                                                                "updated_at", "unsynced"};

/// Why a pending member cannot become a row of the store, as in DeadLetter.
struct Fault {
  std::string reason;
  std::string error_code;
};

/// Makes `turn` that of the reply to HMGET kTurnFields; after a fault it is nothing in particular. Another
/// program need not have written more than `question` and `answer`: an absent or malformed turn id is derived
/// from the turn's identity, the user is then `fallback_user`, and what else is malformed counts as absent.
std::optional<Fault> read_turn(std::string_view session_id, std::int64_t timestamp_us, ReplyView fields,
                               std::string_view fallback_user, Turn& turn);

/// What the cache holds of a session's own data.
struct OwnData {
  Session session;  ///< Times that are not known are 0, an unknown owner is empty.
  bool unsynced = false;
};

/// Asks for the fields that read_own_data() wants; `prefix` is the session's.
void encode_meta(CommandEncoder& out, std::string_view prefix);

/// Makes it of the replies to encode_meta() and to GET of the count; either may be an error.
OwnData read_own_data(std::string_view session_id, ReplyView meta, ReplyView count);

/// The whole of a hash (the reply to HGETALL) as JSON: `{"key":…,"fields":{…}}`. What is not UTF-8 stands as
/// `{"base64":…}`, so that no byte is lost.
std::string hash_payload(std::string_view key, ReplyView fields);
/// A key of another type as JSON: `{"key":…,"type":…,"dump":…}` with what DUMP gave, for RESTORE.
std::string dump_payload(std::string_view key, std::string_view type, ReplyView dump);

}  // namespace chatsync::redis

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test_cache/api_types.hpp"

/// The API's JSON, without any I/O. Decoders return, for a document that is not as documented,
/// half a sentence that names the field. Fields that the tester does not use are ignored.
namespace chatsync::test_cache {

std::string encode_chat_request(const std::optional<std::string>& session_id, std::string_view user_id,
                                std::string_view message);

std::expected<ChatReply, std::string> decode_chat_reply(std::string_view body);
std::expected<std::vector<HistoryTurn>, std::string> decode_messages(std::string_view body);
std::expected<SessionStats, std::string> decode_stats(std::string_view body);
std::expected<SyncReply, std::string> decode_sync_reply(std::string_view body);

/// One line from an error reply: status, code, message, and how many turns wait when it says so.
std::string describe_error(long status, std::string_view body);

}  // namespace chatsync::test_cache

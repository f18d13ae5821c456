#include "redis/encode_turn.hpp"

#include "chat/turn_json.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

void encode_keys_of_turn(CommandEncoder& out, const std::string& prefix) {
  for (const std::string_view key :
       {KeySpace::kCount, KeySpace::kHistory, KeySpace::kPending, KeySpace::kMeta}) {
    out.argument(prefix, key);
  }
}

void encode_arguments_of_turn(CommandEncoder& out, const Turn& turn, std::int64_t timestamp_us,
                              SessionPresence presence, const std::string& prefix) {
  out.argument(presence == SessionPresence::known_new ? "new" : "");
  out.argument(timestamp_us);
  out.argument(prefix, KeySpace::kMessage);
  out.argument(turn.session_id);
  out.argument(turn.turn_id);
  out.argument(turn.user_id);
  out.argument(turn.question);
  out.argument(turn.answer);
  out.argument(to_string(turn.status));
  out.argument(turn.model);
  out.argument(history_entry_tail(turn));
  out.argument(turn.details);
}

}  // namespace chatsync::redis

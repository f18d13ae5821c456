#include "documented_commands.hpp"

#include <fmt/format.h>

#include <string>

namespace yardstick {

void encode_documented_commands(chatsync::redis::CommandEncoder& out, const chatsync::Turn& turn) {
  const std::string prefix = fmt::format("session:{}:", turn.session_id);
  const std::string timestamp = std::to_string(turn.timestamp_us);
  const std::string message = prefix + "msg:" + timestamp;
  const std::string entry = fmt::format(
      R"({{"created_at":{},"turn_id":"{}","user_id":"1","question":"{}","answer":"{}","status":"complete","model":"echo"}})",
      timestamp, turn.turn_id, turn.question, turn.answer);
  out.command({"MULTI"});
  out.command({"INCR", prefix + "count"});
  out.command({"HSET", message, "turn_id", turn.turn_id, "user_id", "1", "question", turn.question, "answer",
               turn.answer, "status", "complete", "model", "echo", "created_at", timestamp});
  out.command({"SADD", prefix + "pending_msgs", message});
  out.command({"RPUSH", prefix + "history", entry});
  out.command({"LTRIM", prefix + "history", "-10", "-1"});
  out.command({"ZADD", "sync:dirty", "NX", timestamp, turn.session_id});
  out.command({"EXEC"});
}

}  // namespace yardstick

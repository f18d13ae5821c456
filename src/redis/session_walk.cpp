#include "redis/session_walk.hpp"

#include <algorithm>
#include <utility>

#include "chat/ids.hpp"

namespace chatsync::redis {

AsyncResult<std::vector<SessionTally>> RedisSessionWalk::next(std::size_t max_sessions) {
  std::vector<SessionTally> tallies;
  while (tallies.empty() && !done_) {
    Result<std::vector<std::string>> ids = co_await next_ids(max_sessions);
    if (!ids) co_return failure_of(std::move(ids));
    if (ids->empty()) continue;
    constexpr std::size_t kCommands = 3;
    Result<Replies> replies = co_await connection_.execute([&](CommandEncoder& out) {
      for (const std::string& id : *ids) {
        const std::string prefix = keys_.prefix(id);
        for (const auto& [name, key] :
             {std::pair("GET", KeySpace::kCount), std::pair("SCARD", KeySpace::kPending),
              std::pair("LLEN", KeySpace::kHistory)}) {
          out.begin(2);
          out.argument(name);
          out.argument(prefix, key);
        }
      }
    });
    if (!replies) co_return failure_of(std::move(replies));
    for (std::size_t index = 0; index < ids->size(); ++index) {
      const ReplyView count = (*replies)[kCommands * index].view();
      if (count.is_nil()) continue;  // Gone meanwhile.
      tallies.push_back(
          {.session_id = std::move((*ids)[index]),
           .question_count = count.integer_or(0),
           .pending = static_cast<std::size_t>((*replies)[kCommands * index + 1].view().integer_or(0)),
           .history_length =
               static_cast<std::size_t>((*replies)[kCommands * index + 2].view().integer_or(0))});
    }
  }
  co_return tallies;
}

/// A page of SCAN: possibly none, though more follow.
AsyncResult<std::vector<std::string>> RedisSessionWalk::next_ids(std::size_t max_sessions) {
  // A session has at least three keys.
  const std::string count = std::to_string(std::clamp<std::size_t>(3 * max_sessions, 10, 5'000));
  Result<Reply> page = co_await connection_.call([&](CommandEncoder& out) {
    out.command({"SCAN", cursor_, "MATCH", keys_.count_pattern(), "TYPE", "string", "COUNT", count});
  });
  if (!page) co_return failure_of(std::move(page));
  cursor_ = (*page)[0].text_or("0");
  done_ = cursor_ == "0";
  std::vector<std::string> ids;
  for (std::size_t index = 0; index < (*page)[1].size(); ++index) {
    const auto id = keys_.session_of_count((*page)[1][index].text_or(""));
    if (id && is_session_id(*id)) ids.emplace_back(*id);
  }
  co_return ids;
}

}  // namespace chatsync::redis

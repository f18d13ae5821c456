#pragma once

struct redisReader;

namespace chatsync::redis {

/// A reader of hiredis whose replies take one allocation each, or a few if they are large; nullptr if there
/// is no memory. It is freed by free_reader(), its replies by free_reply(), and both by nothing else.
redisReader* make_reader();

void free_reader(redisReader* reader);

void free_reply(void* reply);

}  // namespace chatsync::redis

#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/turn.hpp"
#include "redis/command_encoder.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {

/// What acknowledge.lua settles of one session: members of its pending set.
struct Acknowledgement {
  std::string session_id;
  std::vector<std::string_view> members;  ///< None: only tidies the indexes up.
  const Session* committed = nullptr;     ///< The session's own data, if they were committed.
  bool stays = false;                     ///< In the index, though it may have nothing left to sync.
};

/// The batch by sessions, large ones in pieces. Views into `batch`.
std::vector<Acknowledgement> acknowledgements_of(const TurnBatch& batch);

/// Those of the first acknowledgements that go into one call of acknowledge.lua: at least one, and no more
/// than Redis can do while others wait for it.
std::span<Acknowledgement> first_call(std::span<Acknowledgement> acknowledgements);

/// One call; its reply has a number, or an error, for each of `acknowledgements`, whose members it reorders.
void encode(CommandEncoder& out, const KeySpace& keys, std::chrono::milliseconds session_ttl,
            std::span<Acknowledgement> acknowledgements);

}  // namespace chatsync::redis

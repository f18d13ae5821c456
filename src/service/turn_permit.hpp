#pragma once

#include <functional>
#include <memory>
#include <string>

#include "service/chat_service.hpp"
#include "service/session_queues.hpp"

namespace chatsync::service {

/// Leave to answer one turn, given by TurnRules. Used from one executor.
struct TurnPermit {
  std::string session_id;
  std::string turn_id;
  std::string owner;    ///< Of its claim and its lock.
  std::string request;  ///< The digest of a request that may be sent again; else empty.
  bool claimed = false;
  /// The claim could not be had, for the cache is away: the turn goes to the store, which takes its id once.
  bool store_only = false;
  bool locked = false;  ///< The session's lock, told to other instances.
  std::unique_ptr<SessionQueues::Place> place;

  /// Called when another instance asks for it, once; may be empty.
  std::function<void()> cancel;
  std::function<void()> publish;
  bool cancelling = false;
  bool publishing = false;
};

}  // namespace chatsync::service

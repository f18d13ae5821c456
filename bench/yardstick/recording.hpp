#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "chat/turn.hpp"

namespace yardstick {

/// A turn on its way, and the client that waits for it.
struct Waiting {
  int client = -1;
  chatsync::Turn turn;  ///< Its number is there once it is recorded.
};

/// How turns go to Redis, over one connection to it. It trusts every reply to be a success, and ends the
/// process with a line that says why at the first that is none. For one thread.
class Recording {
 public:
  using Answer = std::function<void(const Waiting&)>;

  virtual ~Recording() = default;

  virtual void add(Waiting waiting) = 0;
  /// To be called when everything that has arrived by now was added.
  virtual void send() = 0;
  /// To be called when the connection can be read; answers what is recorded.
  virtual void receive() = 0;
};

/// Each turn by the documented commands, between MULTI and EXEC.
std::unique_ptr<Recording> record_by_commands(int redis, Recording::Answer answer);

/// Many turns at a time as chatsync does, by commands between two scripts of its own.
std::unique_ptr<Recording> record_by_transactions(int redis, Recording::Answer answer);

/// All of it, or the process ends.
void send_all(int socket, std::string_view bytes);

/// Ends the process with 2.
[[noreturn]] void give_up(std::string_view why);
/// The same for a call of the system, which says why in errno.
[[noreturn]] void give_up_at(std::string_view call);

}  // namespace yardstick

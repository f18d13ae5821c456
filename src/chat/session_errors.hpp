#pragma once

#include <string>

#include "base/error.hpp"

namespace chatsync {

/// An erased session was asked to go on: its id stays taken for ever.
inline std::unexpected<Error> session_deleted(const std::string& session_id) {
  return fail(ErrorKind::gone, "session " + session_id + " was deleted; choose another session_id",
              "session_deleted", "session_id");
}

}  // namespace chatsync

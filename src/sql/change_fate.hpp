#pragma once

#include <string>

#include "base/error.hpp"
#include "chat/session_errors.hpp"

namespace chatsync::sql {

/// What became of a change of what a conversation has.
enum class ChangeFate {
  done,
  session_erased,
  item_deleted,
};

inline Result<void> to_result(ChangeFate fate, const std::string& session_id) {
  switch (fate) {
    case ChangeFate::session_erased:
      return session_deleted(session_id);
    case ChangeFate::item_deleted:
      return fail(ErrorKind::not_found, "the item was deleted", "item_not_found", "item_id");
    case ChangeFate::done:
      break;
  }
  return {};
}

}  // namespace chatsync::sql

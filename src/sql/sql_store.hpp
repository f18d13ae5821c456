#pragma once

#include "chat/conversation_store.hpp"
#include "chat/dead_letters.hpp"
#include "chat/store_audit.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::sql {

/// All that a database offers.
class SqlStore : public TurnStore, public DeadLetters, public StoreAudit, public ConversationStore {};

}  // namespace chatsync::sql

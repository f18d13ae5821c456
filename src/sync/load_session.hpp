#pragma once

#include <string>

#include "base/error.hpp"
#include "chat/turn_cache.hpp"
#include "chat/turn_store.hpp"

namespace chatsync::sync {

/// Where a session stands once the cache was brought up to the store.
enum class LoadedAs {
  unknown,  ///< The store does not know it: what the cache has, if anything, is all there is.
  erased,   ///< It was deleted and must not come back.
  empty,    ///< It has no turns yet: its first may be recorded.
  counted,  ///< The cache's count is at least the store's, and no turn of it lacks its final number.
};

/// The code of a failure of the store in load_session(); other failures are the cache's.
inline constexpr const char* kStoreNotAsked = "store_unavailable";

/// Has the store accept what comes from this cache, and nothing more from those that it has taken the place
/// of. `unavailable` if the cache is itself one that others have left, or has the code kStoreNotAsked.
AsyncResult<void> admit_cache(TurnCache* cache, TurnStore* store);

/// Brings the cache up to what the store knows of a session, and settles its unsettled turns: the cache
/// numbers them, the store commits the numbers. Any two loaders may do this at the same time, and either may
/// break off anywhere: the next one goes on. `settled` is increased by the turns that got their final number.
AsyncResult<LoadedAs> load_session(TurnCache* cache, TurnStore* store, std::string session_id,
                                   std::size_t* settled);

/// The last turns of a session as the store alone has them, unsettled ones included, oldest first.
std::vector<Turn> newest_turns(const StoredSession& stored);

}  // namespace chatsync::sync

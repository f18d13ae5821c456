#pragma once

#include <span>
#include <string>

#include "chat/visible_items.hpp"

namespace chatsync::http {

/// `{"object":"list","data":[…],"first_id":…,"last_id":…,"has_more":…}`, as OpenAI's API gives lists of
/// items.
void append_item_list(std::string& out, std::span<const VisibleItem> items, bool has_more);

}  // namespace chatsync::http

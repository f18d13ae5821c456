#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "http/handler.hpp"
#include "service/turn_request.hpp"

namespace chatsync::http {

/// What the request's header says about its turn: Idempotency-Key (1 to 255 visible ASCII characters) and
/// X-On-Busy (`enqueue` or `reject`). `invalid_argument` if one of them is malformed.
///
/// Of the same key of the same caller comes the same turn id, whatever the instance. Two callers are told
/// apart by the API keys that they show.
Result<service::TurnRequest> read_turn_terms(const Call& call);

/// `enqueue` or `reject`; nothing if it is neither.
std::optional<service::OnBusy> on_busy_from(std::string_view text);

}  // namespace chatsync::http

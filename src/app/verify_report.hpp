#pragma once

#include <string>
#include <string_view>

#include "audit/auditor.hpp"

namespace chatsync::app {

/// What `chatsync verify` prints.
std::string verify_text(const audit::AuditReport& report, std::string_view cache, std::string_view store);

}  // namespace chatsync::app

#pragma once

#include <string_view>

namespace chatsync {

/// Whether `host` is the name that means the loopback interface wherever one is (RFC 6761), so that it need
/// not be looked up: a minimal system may have no /etc/hosts to find it in.
inline bool is_localhost(std::string_view host) { return host == "localhost"; }

}  // namespace chatsync

#pragma once

#include <string_view>

namespace chatsync {

/// Whether `host` is the name that means the loopback interface wherever one is (RFC 6761). A minimal system
/// may have no /etc/hosts to look it up in: whoever cannot resolve it then takes 127.0.0.1.
inline bool is_localhost(std::string_view host) { return host == "localhost"; }

}  // namespace chatsync

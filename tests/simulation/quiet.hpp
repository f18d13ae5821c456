#pragma once

namespace chatsync::simulation {

/// Drops what the code under test logs, unless `shown`.
void silence_logs(bool shown);

}  // namespace chatsync::simulation

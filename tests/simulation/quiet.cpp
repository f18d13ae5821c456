#include "simulation/quiet.hpp"

#include <spdlog/spdlog.h>

namespace chatsync::simulation {

void silence_logs(bool shown) { spdlog::set_level(shown ? spdlog::level::info : spdlog::level::off); }

}  // namespace chatsync::simulation

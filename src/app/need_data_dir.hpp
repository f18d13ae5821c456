#pragma once

#include <optional>

#include "base/error.hpp"
#include "base/settings.hpp"

namespace chatsync::app {

/// Why a command cannot look at a data directory: there is none, and a look must not make one. Nothing if
/// there is, or if the settings need none.
std::optional<Error> missing_data_dir(const Settings& settings);

/// What `error`, which opening the backends failed with, means to a command: a data directory in use is one
/// whose server must be stopped first.
Error explain_for_command(Error error);

}  // namespace chatsync::app

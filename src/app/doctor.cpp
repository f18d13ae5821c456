#include "app/doctor.hpp"

#include "app/exit_codes.hpp"

namespace chatsync::app {

int doctor(const Settings&) { return kExitOk; }

}  // namespace chatsync::app

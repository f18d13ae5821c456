#include "run/bare_loop.hpp"

#include <chrono>
#include <exception>
#include <stdexcept>

namespace chatsync::bench {

LoadFigures run_bare_loop(const Lab& lab, const std::string& mode, int connections) {
  const BareStack stack = lab.bare_stack(mode);
  try {
    return ClientLoad::run(lab.plan(), {.port = stack.port,
                                        .connections = connections,
                                        .watched = {stack.bare_chat->pid(), stack.redis_process()}});
  } catch (const std::exception& failure) {
    // The load sees no more than that a connection was closed.
    stack.bare_chat->wait(std::chrono::seconds(1));
    const std::string reason = stack.bare_chat->standard_error();
    throw std::runtime_error(reason.empty() ? failure.what() : reason.substr(0, reason.find('\n')));
  }
}

}  // namespace chatsync::bench

#include "prove/small_load.hpp"

#include <stdexcept>

#include "support/recorded_load.hpp"

namespace chatsync::test {
namespace {

constexpr int kClients = 3;

void try_to_drain(std::uint16_t port) {
  try {
    HttpClient(port).get("/sync_now");
  } catch (const std::runtime_error&) {
    // The server is the one that died.
  }
}

}  // namespace

std::vector<Call> ask_a_little(std::uint16_t port, const Sessions& sessions, const SmallLoad& load) {
  RecordedLoad clients({.ports = {port},
                        .sessions = sessions.ids,
                        .clients = kClients,
                        .turns = load.turns_of_a_client,
                        .tag = load.tag,
                        .synced_every = load.synced_every});
  const std::size_t half = kClients * load.turns_of_a_client / 2;
  eventually([&] { return clients.ended() || clients.acknowledged() >= half; });
  if (load.drain) try_to_drain(port);
  eventually([&] { return clients.ended(); });
  if (load.drain) try_to_drain(port);
  return clients.finish();
}

std::vector<Call> ask_everywhere(std::uint16_t port, const Sessions& sessions) {
  RecordedLoad load(
      {.ports = {port}, .sessions = sessions.ids, .clients = 1, .tag = "after", .synced_every = 0});
  if (!eventually([&] { return load.acknowledged() >= sessions.ids.size(); }))
    throw std::runtime_error("no turn is accepted after the restart: " + load.finish().back().error);
  return load.finish();
}

}  // namespace chatsync::test

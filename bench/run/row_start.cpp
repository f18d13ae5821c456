// From the start of the process, with nothing in its data directory, to the first answer.
#include <chrono>
#include <stdexcept>
#include <thread>

#include "run/rows.hpp"
#include "support/http_client.hpp"
#include "support/ports.hpp"

namespace chatsync::bench {
namespace {

constexpr int kStartsInARound = 5;
constexpr std::chrono::seconds kPatience{10};

bool answers(std::uint16_t port) {
  try {
    test::HttpClient client(port);
    return client.post("/chat", {{"message", "?"}}).status == 200;
  } catch (const std::runtime_error&) {
    return false;
  }
}

double start_ms(const Lab& lab) {
  using Clock = std::chrono::steady_clock;
  const std::uint16_t port = test::free_port();
  const auto begin = Clock::now();
  const test::ChatsyncProcess chatsync(
      {.environment = {{"HTTP_PORT", std::to_string(port)}}, .program = lab.plan().chatsync});
  while (!answers(port)) {
    if (Clock::now() > begin + kPatience)
      throw std::runtime_error("no answer from a server that was started");
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

}  // namespace

std::vector<Figure> measure_start(Lab& lab) {
  Samples milliseconds;
  lab.interleave("start", {[&] {
                   for (int i = 0; i < kStartsInARound; ++i) milliseconds.push_back(start_ms(lab));
                 }});
  return {{.what = "start to first answer, embedded",
           .unit = "ms",
           .ours = milliseconds,
           .target = Target{Of::ours, Sense::at_most, 50}}};
}

}  // namespace chatsync::bench

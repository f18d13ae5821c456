#include "simulation/node.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace chatsync::simulation {

std::string answer_to(std::string_view question) { return "answer to " + std::string(question); }

AsyncResult<Answer> Node::Echo::answer(Question question) {
  co_return Answer{.text = answer_to(question.text), .model = "echo"};
}

Node::Node(const Surroundings& around, std::string name, std::uint64_t seed)
    : process(std::move(name)),
      clock(around.world, [this] { process.wake(); }),
      request_cache(around.world, process, around.cache_conditions, around.cache),
      sync_cache(around.world, process, around.cache_conditions, around.cache),
      store(around.world, process, around.store_conditions, around.store),
      synchronizer(process.io().get_executor(), sync_cache, sync_cache, store, clock, around.options),
      service(request_cache, store, letters_, answerer_, synchronizer, clock, metrics_, IdGenerator(seed)) {
  answerer_.wants = seed % 4 == 0;
  boost::asio::co_spawn(process.io(), synchronizer.run(), [this](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    loop_ended_ = true;
  });
  process.wake();
}

Node::~Node() = default;

void Node::thaw() {
  if (process.state != Process::State::frozen) return;
  process.state = Process::State::running;
  process.wake();
}

bool Node::release() {
  process.state = Process::State::released;
  synchronizer.stop();
  for (auto& [number, abandon] : std::exchange(process.abandon, {})) abandon();
  process.wake();
  return loop_ended_;
}

}  // namespace chatsync::simulation

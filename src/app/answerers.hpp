#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "app/io_thread.hpp"
#include "base/clock.hpp"
#include "base/settings.hpp"
#include "chat/answerer.hpp"
#include "chat/model_server.hpp"

namespace chatsync::app {

/// Who answers, for each worker: the model server of the settings, or the echo. Destroy it when no request is
/// under way any more, before the threads.
class Answerers {
 public:
  Answerers(const Settings::Llm& settings, const Clock& clock, const std::vector<IoThread*>& workers);

  /// Any thread: breaks off whatever the model servers are asked for.
  void stop();

  /// To be used on that worker's thread.
  Answerer& answerer(std::size_t worker) { return *answerers_[worker]; }
  ModelServer& server(std::size_t worker) { return *servers_[worker]; }

 private:
  std::vector<IoThread*> workers_;
  std::vector<std::unique_ptr<ModelServer>> servers_;
  std::vector<std::unique_ptr<Answerer>> answerers_;
};

}  // namespace chatsync::app

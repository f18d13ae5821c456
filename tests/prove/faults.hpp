#pragma once

#include <functional>
#include <string>
#include <vector>

#include "prove/scene.hpp"

namespace chatsync::test {

/// One thing that goes wrong. `strike` breaks something, lets it last and mends it, while clients ask; it is
/// called several times in a round.
struct Fault {
  std::string name;
  SceneOptions scene;
  std::function<void(Scene&)> strike;
};

const std::vector<Fault>& all_faults();
/// Throws std::out_of_range if there is none of that name.
const Fault& fault_named(const std::string& name);

struct RoundPlan {
  int strikes = 3;
  std::size_t turns = 1'000;  ///< That a round goes on for at least, acknowledged ones.
  int clients = 8;
};

/// One load on the scene with the fault striking into it, and what the comparison afterwards found.
Verdict run_round(Scene& scene, const Fault& fault, const RoundPlan& plan);

}  // namespace chatsync::test

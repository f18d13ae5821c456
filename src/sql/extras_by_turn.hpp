#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chat/conversation_store.hpp"

namespace chatsync::sql {

/// Puts rows together by the turn that they belong to, in the order in which they are added.
class ExtrasByTurn {
 public:
  void add(ItemMark mark) {
    const std::string turn_id = mark.place.turn_id;
    of(turn_id).marks.push_back(std::move(mark));
  }
  void add(const std::string& turn_id, SiblingAnswer sibling) {
    of(turn_id).siblings.push_back(std::move(sibling));
  }

  std::vector<TurnExtras> list() && {
    std::vector<TurnExtras> all;
    all.reserve(by_turn_.size());
    for (auto& [turn_id, extras] : by_turn_) all.push_back(std::move(extras));
    return all;
  }

 private:
  TurnExtras& of(const std::string& turn_id) {
    TurnExtras& extras = by_turn_[turn_id];
    extras.turn_id = turn_id;
    return extras;
  }

  std::map<std::string, TurnExtras> by_turn_;
};

}  // namespace chatsync::sql

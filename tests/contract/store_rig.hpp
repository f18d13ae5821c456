#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "chat/turn_store.hpp"

namespace chatsync::test {

enum class StoreKind { mysql, sqlite };
void PrintTo(StoreKind kind, std::ostream* out);

/// One implementation of the store over a database of its own.
class StoreRig {
 public:
  virtual ~StoreRig() = default;

  virtual TurnStore& store() = 0;

  /// Closes the store and opens it again over the same data.
  virtual void restart() = 0;

  /// Runs a SELECT behind the store's back: the first column of every row.
  virtual std::vector<std::string> select(const std::string& sql) = 0;
};

std::unique_ptr<StoreRig> make_store_rig(StoreKind kind);

}  // namespace chatsync::test

#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sql/sql_store.hpp"

namespace chatsync::test {

enum class StoreKind { mysql, sqlite };
void PrintTo(StoreKind kind, std::ostream* out);

/// One implementation of the store over a database of its own.
class StoreRig {
 public:
  virtual ~StoreRig() = default;

  virtual sql::SqlStore& store() = 0;

  /// Another instance's store over the same data.
  virtual std::unique_ptr<sql::SqlStore> another_store() = 0;

  /// Closes the store and opens it again over the same data.
  virtual void restart() = 0;

  /// Runs a SELECT behind the store's back: the first column of every row.
  virtual std::vector<std::string> select(const std::string& sql) = 0;

  /// Runs a statement that changes something, behind the store's back.
  virtual void execute(const std::string& sql) = 0;
};

std::unique_ptr<StoreRig> make_store_rig(StoreKind kind);

/// A store that was opened over tables of version 1 in which `statements` had been run.
std::unique_ptr<StoreRig> make_upgraded_store_rig(StoreKind kind, const std::vector<std::string>& statements);

}  // namespace chatsync::test

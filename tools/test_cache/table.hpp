#pragma once

#include <string>
#include <vector>

namespace chatsync::test_cache {

struct TableColumn {
  std::string group;  ///< heading over neighbouring columns, may be empty
  std::string name;
};

/// A line of its own for the title, since ids are long, and the cells below it.
struct TableRow {
  std::string title;
  bool good = true;
  std::vector<std::string> cells;  ///< as many as there are columns, plain ASCII
};

/// Columns as wide as they need to be, numbers to the right; a row ends with "ok" or "FAILED".
std::string render_table(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows,
                         bool color);

}  // namespace chatsync::test_cache

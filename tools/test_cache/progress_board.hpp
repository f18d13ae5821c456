#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "test_cache/progress_row.hpp"

namespace chatsync::test_cache {

/// Shows on stderr how far the clients have come: redrawn bars on a terminal, otherwise a plain
/// line per tenth of each client's messages. Thread-safe.
class ProgressBoard {
 public:
  enum class Style { bars, lines, silent };
  enum class Naming {
    fixed,       ///< rows keep their labels
    by_session,  ///< a row takes the id of its session once it has one
  };

  ProgressBoard(Style style, Naming naming, std::vector<ProgressRow> rows);

  /// A message of client `index` (from 0) was acknowledged.
  void acknowledged(std::size_t index, const std::string& session_id, std::chrono::microseconds latency);

  /// A message of client `index` was not; `gives_up` if the client sends no more.
  void failed(std::size_t index, bool gives_up);

  /// Draws the bars, or draws them again in place.
  void draw();

 private:
  void print_line_at_tenths(const ProgressRow& row) const;
  [[nodiscard]] ProgressRow sum_of_rows() const;

  const Style style_;
  const Naming naming_;

  std::mutex mutex_;  // guards all below
  std::vector<ProgressRow> rows_;
  std::size_t lines_drawn_ = 0;
};

}  // namespace chatsync::test_cache

#include "test_cache/progress_board.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace chatsync::test_cache {

ProgressBoard::ProgressBoard(Style style, Naming naming, std::vector<ProgressRow> rows)
    : style_{style}, naming_{naming}, rows_{std::move(rows)} {}

void ProgressBoard::acknowledged(std::size_t index, const std::string& session_id,
                                 std::chrono::microseconds latency) {
  const std::scoped_lock lock{mutex_};
  ProgressRow& row = rows_.at(index);
  ++row.acknowledged;
  row.last_latency = latency;
  if (naming_ == Naming::by_session) {
    row.label = one_line(session_id);
  }
  print_line_at_tenths(row);
}

void ProgressBoard::failed(std::size_t index, bool gives_up) {
  const std::scoped_lock lock{mutex_};
  ProgressRow& row = rows_.at(index);
  ++row.failed;
  row.stopped = gives_up && row.settled() < row.total;
  print_line_at_tenths(row);
}

void ProgressBoard::print_line_at_tenths(const ProgressRow& row) const {
  constexpr std::int64_t kTenths = 10;
  const std::int64_t before = (row.settled() - 1) * kTenths / row.total;
  const std::int64_t after = row.settled() * kTenths / row.total;
  if (style_ == Style::lines && (after > before || row.stopped)) {
    fmt::print(stderr, "{}\n", render_line(row));
  }
}

ProgressRow ProgressBoard::sum_of_rows() const {
  ProgressRow sum{.label = fmt::format("{} clients", rows_.size())};
  sum.stopped = true;
  for (const ProgressRow& row : rows_) {
    sum.total += row.total;
    sum.acknowledged += row.acknowledged;
    sum.failed += row.failed;
    sum.stopped = sum.stopped && row.finished();
    sum.last_latency = std::max(sum.last_latency, row.last_latency);
  }
  return sum;
}

void ProgressBoard::draw() {
  const std::scoped_lock lock{mutex_};
  if (style_ != Style::bars) {
    return;
  }
  const Terminal terminal = inspect_terminal(STDERR_FILENO);
  // Bars that do not fit on the screen could not be redrawn in place: then one for all.
  const bool fits = lines_drawn_ == 0 ? rows_.size() + 2 < terminal.rows : lines_drawn_ > 1;
  std::string frame = lines_drawn_ > 0 ? fmt::format("\x1b[{}F", lines_drawn_) : std::string{};
  const std::vector<ProgressRow> shown =
      fits || rows_.size() == 1 ? rows_ : std::vector<ProgressRow>{sum_of_rows()};
  for (const ProgressRow& row : shown) {
    frame += render_bar(row, terminal) + "\x1b[K\n";
  }
  lines_drawn_ = shown.size();
  fmt::print(stderr, "{}", frame);
  std::fflush(stderr);
}

}  // namespace chatsync::test_cache

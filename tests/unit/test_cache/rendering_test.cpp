#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test_cache/progress_row.hpp"
#include "test_cache/table.hpp"

namespace chatsync::test_cache {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Columns on the screen, for text whose characters are all one column wide.
std::size_t screen_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

TEST(TestCacheTable, AlignsNumbersUnderTheirHeadings) {
  EXPECT_EQ(render_table({{.group = "", .name = "sent"},
                          {.group = "latency", .name = "p50"},
                          {.group = "latency", .name = "max"}},
                         {{.title = "session-a", .good = true, .cells = {"5", "0.3", "12.5"}},
                          {.title = "session-b", .good = false, .cells = {"12345", "0.3", "0.4"}}},
                         false),
            "          latency\n"
            "   sent  p50   max\n"
            "  ────────────────\n"
            "  session-a     ok\n"
            "      5  0.3  12.5\n"
            "  session-b FAILED\n"
            "  12345  0.3   0.4\n");
}

TEST(TestCacheTable, KeepsAVerdictBesideALongTitle) {
  const std::string table =
      render_table({{.group = "", .name = "sent"}},
                   {{.title = std::string(64, 's'), .good = false, .cells = {"1"}}}, false);
  EXPECT_THAT(table, HasSubstr(std::string(64, 's') + " FAILED\n"));
}

TEST(TestCacheTable, HasNoEscapesWithoutColor) {
  const std::vector<TableColumn> columns{{.group = "", .name = "n"}};
  const std::vector<TableRow> rows{{.title = "t", .good = true, .cells = {"1"}}};
  EXPECT_THAT(render_table(columns, rows, false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_table(columns, rows, true), HasSubstr("\x1b[32mok"));
}

TEST(TestCacheBar, IsFilledInProportion) {
  const ProgressRow row{.label = "session 1", .total = 4, .acknowledged = 1};
  const std::string bar = render_bar(row, {.columns = 100});
  EXPECT_THAT(bar, HasSubstr("██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  1/4"));
}

TEST(TestCacheBar, NeverReachesTheLastColumn) {
  ProgressRow row{.label = std::string(64, 's'), .total = 1000, .acknowledged = 500, .failed = 3};
  row.last_latency = std::chrono::microseconds{12'345};
  for (std::size_t columns = 1; columns < 200; ++columns) {
    EXPECT_LT(screen_width(render_bar(row, {.columns = columns})), std::max<std::size_t>(columns, 2))
        << columns;
  }
}

TEST(TestCacheBar, ShowsFailuresAndThatTheClientStopped) {
  const ProgressRow row{.label = "s", .total = 5, .acknowledged = 2, .failed = 1, .stopped = true};
  EXPECT_THAT(render_bar(row, {.columns = 80}), HasSubstr("2/5  1 failed, stopped"));
  EXPECT_EQ(render_line(row), "s  2/5  1 failed, stopped");
}

TEST(TestCacheBar, HasNoEscapesWithoutColor) {
  const ProgressRow row{.label = "s", .total = 5, .acknowledged = 2};
  EXPECT_THAT(render_bar(row, {.color = false}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_bar(row, {.color = true}), HasSubstr("\x1b["));
}

TEST(TestCacheLatencyText, IsInSecondsFromOneSecond) {
  EXPECT_EQ(latency_text(std::chrono::microseconds{1'250}), "1.2 ms");
  EXPECT_EQ(latency_text(std::chrono::microseconds{1'500'000}), "1.50 s");
}

}  // namespace
}  // namespace chatsync::test_cache

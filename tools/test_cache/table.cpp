#include "test_cache/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "test_cache/terminal.hpp"

namespace chatsync::test_cache {

namespace {

constexpr std::size_t kGap = 2;

/// For each column its width, grown where a group's heading needs more than its columns.
std::vector<std::size_t> widths_of(const std::vector<TableColumn>& columns,
                                   const std::vector<TableRow>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    std::size_t width = columns[column].name.size();
    for (const TableRow& row : rows) {
      width = std::max(width, row.cells.at(column).size());
    }
    widths.push_back(width);
  }
  return widths;
}

std::string render_groups(const std::vector<TableColumn>& columns, std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t first = 0; first < columns.size();) {
    std::size_t behind = first + 1;
    while (behind < columns.size() && columns[behind].group == columns[first].group) {
      ++behind;
    }
    std::size_t width = (behind - first - 1) * kGap;
    for (std::size_t column = first; column < behind; ++column) {
      width += widths[column];
    }
    if (columns[first].group.size() > width) {
      widths[first] += columns[first].group.size() - width;
      width = columns[first].group.size();
    }
    line += fmt::format("{:>{}}{:^{}}", "", kGap, columns[first].group, width);
    first = behind;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

template <typename TextOf>
std::string render_cells(const std::vector<std::size_t>& widths, TextOf text_of) {
  std::string line;
  for (std::size_t column = 0; column < widths.size(); ++column) {
    line += fmt::format("{:>{}}{:>{}}", "", kGap, text_of(column), widths[column]);
  }
  return line;
}

}  // namespace

std::string render_table(const std::vector<TableColumn>& columns, const std::vector<TableRow>& rows,
                         bool color) {
  std::vector<std::size_t> widths = widths_of(columns, rows);
  std::string table = render_groups(columns, widths) + "\n";
  table += render_cells(widths, [&](std::size_t column) { return columns[column].name; }) + "\n";
  std::size_t width = 0;
  for (const std::size_t column_width : widths) {
    width += kGap + column_width;
  }
  std::string rule;
  for (std::size_t column = kGap; column < width; ++column) {
    rule += "─";
  }
  table += fmt::format("  {}\n", tinted(rule, Tint::dim, color));
  for (const TableRow& row : rows) {
    const std::string verdict = row.good ? "ok" : "FAILED";
    const std::size_t room = width > kGap + row.title.size() ? width - kGap - row.title.size() : 0;
    const std::size_t padding = room > verdict.size() ? room - verdict.size() : 1;
    table += fmt::format("  {}{:>{}}{}\n", tinted(row.title, Tint::cyan, color), "", padding,
                         tinted(verdict, row.good ? Tint::green : Tint::red, color));
    table += render_cells(widths, [&](std::size_t column) { return row.cells[column]; }) + "\n";
  }
  return table;
}

}  // namespace chatsync::test_cache

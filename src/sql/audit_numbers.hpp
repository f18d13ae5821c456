#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chatsync::sql {

/// The lowest numbers, at most `limit`, between 1 and `count` that are not among `taken`.
inline std::vector<std::int64_t> lowest_missing(std::vector<std::int64_t> taken, std::int64_t count,
                                                std::size_t limit) {
  std::ranges::sort(taken);
  std::vector<std::int64_t> missing;
  std::int64_t next = 1;
  const auto skip_to = [&](std::int64_t number) {
    for (; next < number && missing.size() < limit; ++next) missing.push_back(next);
  };
  for (const std::int64_t number : taken) {
    if (number > count) break;
    skip_to(number);
    next = std::max(next, number + 1);
  }
  skip_to(count + 1);
  return missing;
}

}  // namespace chatsync::sql

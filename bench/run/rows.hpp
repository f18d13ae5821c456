#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "run/figure.hpp"
#include "run/lab.hpp"

namespace chatsync::bench {

/// One row of the table, or a few that are measured together.
struct Row {
  std::string_view name;
  std::string_view about;
  std::vector<Figure> (*measure)(Lab& lab);
  bool on_request_only = false;
};

std::span<const Row> rows();

std::vector<Figure> measure_chat_at_64(Lab& lab);
std::vector<Figure> measure_chat_at_256(Lab& lab);
std::vector<Figure> measure_sustained(Lab& lab);
std::vector<Figure> measure_drain(Lab& lab);
std::vector<Figure> measure_synced(Lab& lab);
std::vector<Figure> measure_embedded(Lab& lab);
std::vector<Figure> measure_session_length(Lab& lab);
std::vector<Figure> measure_session_count(Lab& lab);
std::vector<Figure> measure_reads(Lab& lab);
std::vector<Figure> measure_memory(Lab& lab);
std::vector<Figure> measure_memory_for_an_hour(Lab& lab);
std::vector<Figure> measure_streams(Lab& lab);
std::vector<Figure> measure_start(Lab& lab);

}  // namespace chatsync::bench

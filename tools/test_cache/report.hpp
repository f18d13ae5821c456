#pragma once

#include <string>

#include "test_cache/run.hpp"

namespace chatsync::test_cache {

/// The report for people, ending with a newline.
std::string render_text(const RunReport& report, bool color);

/// The report as one JSON document, ending with a newline.
std::string render_json(const RunReport& report);

}  // namespace chatsync::test_cache

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chatsync {

/// One `KEY=VALUE` of a settings file.
struct DotEnvEntry {
  std::string key;
  std::string value;
  std::size_t line = 0;  ///< Where the entry begins; the first line is 1.
};

/// Parses the text of a `.env` file. `path` is only for error messages, which begin with `path:line`.
/// Entries come in the order of the file; a key may stand there more than once.
///
/// A line is `KEY=VALUE`, optionally after `export`, with white space allowed around both. A `#` at the
/// beginning of a line or after white space begins a comment. 'Single' quotes keep everything as it is;
/// "double" quotes know \n, \r, \t, \", \\ and \$; both may go over several lines. Nothing is expanded.
/// A byte order mark and CR LF are accepted.
Result<std::vector<DotEnvEntry>> parse_dotenv(std::string_view path, std::string_view text);

}  // namespace chatsync

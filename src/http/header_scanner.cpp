#include "http/header_scanner.hpp"

namespace chatsync::http {

HeaderScanner::Verdict HeaderScanner::scan(std::string_view data) {
  for (;;) {
    const std::size_t lf = data.find('\n', line_start_);
    if (lf == std::string_view::npos) return Verdict::incomplete;
    if (lf == line_start_ || data[lf - 1] != '\r') return Verdict::bare_lf;
    const std::string_view line = data.substr(line_start_, lf - 1 - line_start_);
    if (line.find('\r') != std::string_view::npos) return Verdict::stray_cr;
    if (line.find('\0') != std::string_view::npos) return Verdict::zero_byte;
    if (line_start_ > 0 && (line.starts_with(' ') || line.starts_with('\t'))) return Verdict::folded_line;
    line_start_ = lf + 1;
    if (line.empty()) return Verdict::complete;
  }
}

}  // namespace chatsync::http

#pragma once

#include <cstddef>
#include <string_view>

namespace chatsync::http {

/// Looks for the end of a header as its bytes come in, and refuses what two HTTP readers may understand
/// differently: lines that end with a bare LF, stray CRs, zero bytes, folded lines. The parser behind it is
/// laxer, and would also wait for ever for the end of a header made of bare LFs.
class HeaderScanner {
 public:
  enum class Verdict { incomplete, complete, bare_lf, stray_cr, zero_byte, folded_line };

  /// `data` begins with the header's first byte and holds all of it that has come so far; a call looks only
  /// at lines that the calls before did not.
  Verdict scan(std::string_view data);

  /// After `complete`: the header's length, its empty last line included.
  std::size_t header_bytes() const { return line_start_; }

  void reset() { line_start_ = 0; }

 private:
  std::size_t line_start_ = 0;
};

}  // namespace chatsync::http

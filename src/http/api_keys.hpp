#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chatsync::http {

/// Who is asking.
struct Caller {
  std::size_t key =
      0;  ///< The place of the key it has shown among the keys, from 1 on; 0: none is asked for.
  std::string_view digest;  ///< Of that key, which stays when others come and go; empty: none is asked for.
};

/// The keys that clients show as `Authorization: Bearer …`. Only digests of them are kept. How long a
/// comparison takes tells nothing of a key.
class ApiKeys {
 public:
  /// No keys: everybody may ask.
  ApiKeys() = default;

  /// Reads the keys of a list `key,key` and of a file that has one a line; white space around them does not
  /// count, nor do lines that begin with `#`. `invalid_argument` says which entry is no key, never what it
  /// is.
  static Result<ApiKeys> parse(std::string_view list, std::string_view file);

  bool empty() const { return digests_.empty(); }

  /// Who shows this as the value of its Authorization field; nothing if it is none of the keys.
  std::optional<Caller> find(std::string_view authorization) const;

 private:
  using Digest = std::array<unsigned char, 32>;

  static Digest digest_of(std::string_view key);

  std::vector<Digest> digests_;
};

/// The keys of a list and of a file together. Fails also if there is neither list nor file with a key in it
/// though one of them is given.
Result<ApiKeys> read_api_keys(const std::string& list, const std::filesystem::path& file);

}  // namespace chatsync::http

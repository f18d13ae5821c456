#pragma once

#include <filesystem>
#include <string>

namespace chatsync::test {

/// A self-signed certificate with its key, as PEM files in `directory`.
struct Certificate {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// For the server called by `subject_alt_name`, such as "IP:127.0.0.1" or "DNS:localhost".
Certificate make_certificate(const std::filesystem::path& directory, const std::string& subject_alt_name);

}  // namespace chatsync::test

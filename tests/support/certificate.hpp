#pragma once

#include <filesystem>

namespace chatsync::test {

/// The files of a self-signed certificate for `localhost` and 127.0.0.1, which is its own authority.
struct Certificate {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Makes one in `directory`; valid from yesterday to tomorrow.
Certificate make_certificate(const std::filesystem::path& directory);

}  // namespace chatsync::test

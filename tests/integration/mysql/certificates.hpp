#pragma once

#include <filesystem>
#include <string>

namespace chatsync::test {

struct CertificateFiles {
  std::filesystem::path authority;    ///< The certificate of the authority, for clients.
  std::filesystem::path certificate;  ///< The server's, signed by the authority.
  std::filesystem::path key;          ///< The server's.
};

/// Makes an authority of its own and a server certificate for `alternative_names` (as OpenSSL writes them,
/// such as `DNS:localhost,IP:127.0.0.1`), as files in `directory` whose names begin with `prefix`.
CertificateFiles make_certificates(const std::filesystem::path& directory, const std::string& prefix,
                                   const std::string& alternative_names);

}  // namespace chatsync::test

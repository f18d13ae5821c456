#include "integration/mysql/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace chatsync::test {
namespace {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<&X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freeing<&X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Freeing<&std::fclose>>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make a certificate");
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// Without an issuer the certificate signs itself.
Certificate make_certificate(const std::string& name, EVP_PKEY* key, long serial, X509* issuer) {
  Certificate certificate(X509_new());
  require(certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 3'600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  require(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

void write_certificate(const std::filesystem::path& path, X509* certificate) {
  const File file(std::fopen(path.c_str(), "w"));
  require(file != nullptr && PEM_write_X509(file.get(), certificate) == 1);
}

}  // namespace

CertificateFiles make_certificates(const std::filesystem::path& directory, const std::string& prefix,
                                   const std::string& alternative_names) {
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key server_key(EVP_EC_gen("P-256"));
  const auto authority = make_certificate(prefix + " test authority", authority_key.get(), 1, nullptr);
  add_extension(authority.get(), NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(authority.get(), authority_key.get(), EVP_sha256()) > 0);
  const auto server = make_certificate(prefix + " test server", server_key.get(), 2, authority.get());
  add_extension(server.get(), NID_subject_alt_name, alternative_names);
  require(X509_sign(server.get(), authority_key.get(), EVP_sha256()) > 0);

  const CertificateFiles files{.authority = directory / (prefix + "-ca.pem"),
                               .certificate = directory / (prefix + "-cert.pem"),
                               .key = directory / (prefix + "-key.pem")};
  write_certificate(files.authority, authority.get());
  write_certificate(files.certificate, server.get());
  const File key(std::fopen(files.key.c_str(), "w"));
  require(key != nullptr &&
          PEM_write_PrivateKey(key.get(), server_key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return files;
}

}  // namespace chatsync::test

#include "support/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace chatsync::test {
namespace {

constexpr long kDaySeconds = 86'400;

template <class T, void (*Free)(T*)>
struct Freeing {
  void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freeing<T, Free>>;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OwnedFile = std::unique_ptr<std::FILE, FileCloser>;

void check(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make a certificate");
}

void add_extension(X509& certificate, int kind, const char* value) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  check(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

}  // namespace

Certificate make_certificate(const std::filesystem::path& directory) {
  const Certificate files{.certificate = directory / "certificate.pem", .key = directory / "key.pem"};
  const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_RSA_gen(2048));
  const Owned<X509, X509_free> certificate(X509_new());
  check(key && certificate && X509_set_version(certificate.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("localhost");
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1);
  check(X509_set_issuer_name(certificate.get(), name) == 1);
  add_extension(*certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(*certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  check(X509_set_pubkey(certificate.get(), key.get()) == 1);
  check(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  const OwnedFile certificate_file(std::fopen(files.certificate.c_str(), "w"));
  const OwnedFile key_file(std::fopen(files.key.c_str(), "w"));
  check(certificate_file && PEM_write_X509(certificate_file.get(), certificate.get()) == 1);
  check(key_file &&
        PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return files;
}

}  // namespace chatsync::test

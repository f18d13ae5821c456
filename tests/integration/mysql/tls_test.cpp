#include <netdb.h>

#include "integration/mysql/certificates.hpp"
#include "integration/mysql/mysql_store_test.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

bool resolves_localhost() {
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

class MySqlTls : public CoroutineTest {
 protected:
  MySqlTls() : MySqlTls("DNS:localhost,IP:127.0.0.1") {}
  explicit MySqlTls(const std::string& names)
      : files_(make_certificates(directory_.path(), "server", names)),
        server_({.tls_certificate = files_.certificate, .tls_key = files_.key}) {}

  sql::MySqlOptions options(const std::filesystem::path& authority) const {
    sql::MySqlOptions options;
    options.server.host = server_.host();
    options.server.port = server_.port();
    options.server.user = "root";
    options.server.ssl_ca = authority;
    return options;
  }

  static std::string refusal(const sql::MySqlOptions& options) {
    const auto opened = sql::open_mysql_store(options, 1);
    return opened ? "opened" : opened.error().message;
  }

  TempDir directory_;
  CertificateFiles files_;
  MariaDbServer server_;
};

TEST_F(MySqlTls, EncryptsWhenAnAuthorityIsGiven) {
  // A user who may not come in otherwise.
  server_.client().query("CREATE USER careful@'%' REQUIRE SSL");
  server_.client().query("GRANT ALL ON *.* TO careful@'%'");
  auto chosen = options(files_.authority);
  chosen.server.user = "careful";
  EXPECT_EQ(refusal(chosen), "opened");
  chosen.server.ssl_ca.clear();
  EXPECT_THAT(refusal(chosen), HasSubstr("Access denied"));
}

TEST_F(MySqlTls, AcceptsTheServerByItsNameToo) {
  if (!resolves_localhost()) GTEST_SKIP() << "nothing on this machine resolves localhost";
  auto chosen = options(files_.authority);
  chosen.server.host = "localhost";
  EXPECT_EQ(refusal(chosen), "opened");
}

TEST_F(MySqlTls, RefusesAServerOfAnotherAuthority) {
  const auto other = make_certificates(directory_.path(), "other", "DNS:localhost,IP:127.0.0.1");
  EXPECT_THAT(refusal(options(other.authority)), AllOf(HasSubstr("MYSQL_SSL_CA"), Not(HasSubstr("\n"))));
}

TEST_F(MySqlTls, RefusesAnAuthorityThatIsNotThere) {
  EXPECT_THAT(refusal(options("/nowhere/ca.pem")), AllOf(HasSubstr("MYSQL_SSL_CA"), Not(HasSubstr("\n"))));
}

class MySqlTlsOfAnotherName : public MySqlTls {
 protected:
  MySqlTlsOfAnotherName() : MySqlTls("DNS:db.example.org") {}
};

TEST_F(MySqlTlsOfAnotherName, RefusesAServerWhoseCertificateNamesAnother) {
  EXPECT_THAT(refusal(options(files_.authority)), HasSubstr("MYSQL_SSL_CA"));
}

class MySqlWithoutTls : public MySqlStoreTest {};

TEST_F(MySqlWithoutTls, RefusesAServerThatCannotEncrypt) {
  TempDir directory;
  auto chosen = options();
  chosen.server.socket.clear();
  chosen.server.host = server().host();
  chosen.server.port = server().port();
  chosen.server.ssl_ca = make_certificates(directory.path(), "any", "IP:127.0.0.1").authority;
  const auto opened = sql::open_mysql_store(chosen, 1);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("SSL"));
}

}  // namespace
}  // namespace chatsync::test

// RedisConnection over TLS.
#include "integration/redis/certificates.hpp"
#include "integration/redis/redis_fixture.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {
namespace {

class TlsTest : public CoroutineTest {
 protected:
  Certificate certificate_for(const std::string& subject_alt_name) {
    return make_certificate(directory_.path(), subject_alt_name);
  }

  static RedisServer::Options serving(const Certificate& certificate) {
    RedisServer::Options options;
    options.tls_certificate = certificate.certificate;
    options.tls_key = certificate.key;
    return options;
  }

  static Settings::Redis settings_for(const RedisServer& server, const std::filesystem::path& ca) {
    Settings::Redis settings;
    settings.host = server.host();
    settings.port = server.port();
    settings.tls = true;
    settings.tls_ca = ca;
    return settings;
  }

  std::string refusal(RedisUser& user) {
    const auto found = await(user.cache.find("abc"));
    EXPECT_FALSE(found.has_value());
    return found ? "" : found.error().message;
  }

 private:
  TempDir directory_;
};

TEST_F(TlsTest, ServesLargeTurnsThroughAVerifiedServer) {
  const Certificate certificate = certificate_for("IP:127.0.0.1");
  RedisServer server(serving(certificate));
  RedisUser user(io(), settings_for(server, certificate.certificate));
  std::vector<AsyncResult<RecordOutcome>> recorders;
  for (int number = 1; number <= 200; ++number) {
    Turn turn = turn_of("abc", number);
    turn.answer.assign(100'000, 'a');
    recorders.push_back(record_turn(user.cache, std::move(turn), SessionPresence::known_new));
  }
  for (const auto& outcome : all(std::move(recorders))) ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(ok(user.cache.pending("abc", {.limit = 1'000})).size(), 200U);
}

TEST_F(TlsTest, RefusesAServerOfAnotherName) {
  const Certificate certificate = certificate_for("DNS:somewhere.else");
  RedisServer server(serving(certificate));
  RedisUser user(io(), settings_for(server, certificate.certificate));
  EXPECT_NE(refusal(user).find("certificate verify failed"), std::string::npos);
}

TEST_F(TlsTest, RefusesACertificateThatNobodyVouchesFor) {
  RedisServer server(serving(certificate_for("IP:127.0.0.1")));
  RedisUser user(io(), settings_for(server, {}));
  EXPECT_NE(refusal(user).find("certificate verify failed"), std::string::npos);
}

TEST_F(TlsTest, NamesTheCaFileThatCannotBeRead) {
  RedisServer server(serving(certificate_for("IP:127.0.0.1")));
  RedisUser user(io(), settings_for(server, "/no/such/file.pem"));
  EXPECT_NE(refusal(user).find("/no/such/file.pem"), std::string::npos);
}

}  // namespace
}  // namespace chatsync::test

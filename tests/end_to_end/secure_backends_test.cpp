// Passwords, TLS and Unix sockets on the way to Redis and MySQL.
#include <fmt/format.h>

#include "end_to_end/world.hpp"
#include "support/certificate.hpp"

namespace chatsync::test {
namespace {

class SecureBackends : public ::testing::Test {
 protected:
  /// Turns go all the way with these settings.
  void expect_to_work(const Environment& environment, const std::vector<std::string>& arguments = {}) {
    const auto server = ChatsyncProcess::started({.environment = environment, .arguments = arguments});
    HttpClient client = server->client();
    chat_numbers(client, "s", 1, 3);
    EXPECT_EQ(sync_now(client), 3);
    EXPECT_EQ(get_json(client, "/sessions/s/stats").at("synced"), 3);
    EXPECT_EQ(server->stop(), 0) << server->standard_error();
  }

  /// The server refuses to start with one line that holds `word` and none of the passwords.
  void expect_refused(const Environment& environment, const std::string& word) {
    const CommandOutcome outcome = run_chatsync({.environment = environment});
    EXPECT_EQ(outcome.status, 2) << outcome.standard_error;
    EXPECT_NE(outcome.standard_error.find(word), std::string::npos) << outcome.standard_error;
    EXPECT_EQ(outcome.standard_error.find("s3cret"), std::string::npos) << outcome.standard_error;
  }

  TempDir directory_;
  Environment environment_{{"DATA_DIR", (directory_ / "data").string()}};
};

TEST_F(SecureBackends, RedisWithAPassword) {
  const RedisServer redis({.password = "s3cret"});
  environment_["REDIS_HOST"] = redis.host();
  environment_["REDIS_PORT"] = std::to_string(redis.port());
  expect_refused(environment_, "NOAUTH");
  environment_["REDIS_PASSWORD"] = "s3cret wrong";
  expect_refused(environment_, "WRONGPASS");
  environment_["REDIS_PASSWORD"] = "s3cret";
  expect_to_work(environment_);
}

TEST_F(SecureBackends, RedisWithAUser) {
  const RedisServer redis;
  redis.client().command({"ACL", "SETUSER", "app", "on", ">s3cret", "~*", "&*", "+@all"});
  redis.client().command({"ACL", "SETUSER", "default", "off"});
  environment_["REDIS_SOCKET"] = redis.socket().string();
  environment_["REDIS_USERNAME"] = "app";
  environment_["REDIS_PASSWORD"] = "s3cret";
  expect_to_work(environment_);
}

TEST_F(SecureBackends, RedisOverTls) {
  const Certificate certificate = make_certificate(directory_.path());
  const RedisServer redis(
      {.password = "s3cret", .tls_certificate = certificate.certificate, .tls_key = certificate.key});
  environment_["REDIS_HOST"] = "localhost";
  environment_["REDIS_PORT"] = std::to_string(redis.port());
  environment_["REDIS_PASSWORD"] = "s3cret";
  environment_["REDIS_TLS"] = "true";
  environment_["REDIS_TIMEOUT"] = "5";
  // The system's authorities do not know this certificate.
  expect_refused(environment_, "certificate");
  environment_["REDIS_TLS_CA"] = certificate.certificate.string();
  expect_to_work(environment_);
}

TEST_F(SecureBackends, RedisOverAUnixSocket) {
  const RedisServer redis;
  environment_["REDIS_SOCKET"] = redis.socket().string();
  expect_to_work(environment_);
  EXPECT_EQ(redis.client().get("session:s:count"), "3");
}

TEST_F(SecureBackends, MySqlWithAPassword) {
  const MariaDbServer mariadb;
  mariadb.client().query("CREATE USER app@'%' IDENTIFIED BY 's3cret'");
  mariadb.client().query("GRANT ALL ON app.* TO app@'%'");
  environment_["MYSQL_HOST"] = mariadb.host();
  environment_["MYSQL_PORT"] = std::to_string(mariadb.port());
  environment_["MYSQL_USER"] = "app";
  environment_["MYSQL_DATABASE"] = "app";
  environment_["MYSQL_PASSWORD"] = "s3cret wrong";
  expect_refused(environment_, "app");
  environment_["MYSQL_PASSWORD"] = "s3cret";
  expect_to_work(environment_);
  EXPECT_EQ(mariadb.client("app").integer("SELECT count(*) FROM chat_messages"), 3);
}

TEST_F(SecureBackends, MySqlOverTls) {
  const Certificate certificate = make_certificate(directory_.path());
  const TempDir other;
  const Certificate stranger = make_certificate(other.path());
  const MariaDbServer mariadb({.tls_certificate = certificate.certificate, .tls_key = certificate.key});
  mariadb.client().query("CREATE USER app@'%' IDENTIFIED BY 's3cret' REQUIRE SSL");
  mariadb.client().query("GRANT ALL ON app.* TO app@'%'");
  environment_["MYSQL_HOST"] = "127.0.0.1";
  environment_["MYSQL_PORT"] = std::to_string(mariadb.port());
  environment_["MYSQL_USER"] = "app";
  environment_["MYSQL_DATABASE"] = "app";
  environment_["MYSQL_PASSWORD"] = "s3cret";
  environment_["MYSQL_SSL_CA"] = stranger.certificate.string();
  expect_refused(environment_, "certificate");
  environment_["MYSQL_SSL_CA"] = certificate.certificate.string();
  expect_to_work(environment_);
}

TEST_F(SecureBackends, MySqlOverAUnixSocket) {
  const MariaDbServer mariadb;
  environment_["MYSQL_SOCKET"] = mariadb.socket().string();
  environment_["MYSQL_USER"] = "root";
  expect_to_work(environment_);
  EXPECT_EQ(mariadb.client("chatsync").integer("SELECT count(*) FROM chat_messages"), 3);
}

}  // namespace
}  // namespace chatsync::test

#include <gtest/gtest.h>

#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

TEST(Combinations, HostAndSocketExcludeEachOther) {
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_SOCKET", "/r.sock"}}, .files = {{".env", "REDIS_HOST=h"}}}),
            "REDIS_HOST (.env:1) and REDIS_SOCKET (environment) are both set: keep one of them");
  EXPECT_EQ(
      refusal_of({.args = {"--mysql-host=h", "--mysql-socket=/m.sock"}}),
      "MYSQL_HOST (flag --mysql-host) and MYSQL_SOCKET (flag --mysql-socket) are both set: keep one of them");
}

TEST(Combinations, AnEmptiedHostMakesRoomForTheSocket) {
  const Settings settings = settings_of({.args = {"--redis-host=", "--redis-socket=/r.sock"},
                                         .files = {{".env", "REDIS_HOST=h\nREDIS_PORT=1"}}});
  EXPECT_EQ(settings.redis.socket, "/r.sock");
}

TEST(Combinations, AServersSettingsNeedTheServer) {
  EXPECT_EQ(
      refusal_of({.environment = {{"MYSQL_PASSWORD", "secret"}}}),
      "MYSQL_PASSWORD (environment) is set, but none of MYSQL_HOST, MYSQL_SOCKET is: SQLite would serve");
  EXPECT_EQ(refusal_of({.files = {{".env", "REDIS_PORT=6380"}}}),
            "REDIS_PORT (.env:1) is set, but none of REDIS_HOST, REDIS_SOCKET, REDIS_SENTINELS is: the "
            "embedded cache would serve");
}

TEST(Combinations, AServerMayBeSwitchedOffByAnEmptyHost) {
  EXPECT_FALSE(settings_of({.args = {"--redis-host="}, .files = {{".env", "REDIS_HOST=h\nREDIS_DB=2"}}})
                   .redis.enabled());
}

TEST(Combinations, AContradictionCanBeLookedAt) {
  const auto loaded = load({.args = {"--print-config", "--redis-password=x"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->action, SettingsAction::print_config);
}

TEST(Combinations, ASocketCarriesNoTls) {
  EXPECT_EQ(
      refusal_of({.args = {"--redis-socket=/r.sock", "--redis-tls"}}),
      "REDIS_TLS (flag --redis-tls) is on, but REDIS_SOCKET (flag --redis-socket) is a Unix socket, which "
      "carries no TLS");
}

TEST(Combinations, AuthoritiesWithoutTlsAreRefused) {
  EXPECT_EQ(refusal_of({.args = {"--redis-host=h", "--redis-tls-ca=/ca.pem"}}),
            "REDIS_TLS_CA (flag --redis-tls-ca) is set, but REDIS_TLS is off: the connection would not be "
            "encrypted");
}

TEST(Combinations, SentinelsStandInPlaceOfAHostOrSocket) {
  EXPECT_EQ(refusal_of({.args = {"--redis-sentinels=a,b"}, .environment = {{"REDIS_HOST", "h"}}}),
            "REDIS_HOST (environment) and REDIS_SENTINELS (flag --redis-sentinels) are both set: keep one of "
            "them");
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_SOCKET", "/r.sock"}, {"REDIS_SENTINELS", "a"}}}),
            "REDIS_SOCKET (environment) and REDIS_SENTINELS (environment) are both set: keep one of them");
  EXPECT_TRUE(settings_of({.args = {"--redis-sentinels=a:1, b"}, .environment = {{"REDIS_PASSWORD", "p"}}})
                  .redis.enabled());
}

TEST(Combinations, ABadListOfSentinelsIsRefusedWithTheBadEntry) {
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_SENTINELS", "a:26379,b:x"}}}),
            "REDIS_SENTINELS (environment): expected host:port,host:port, but 'b:x' has no port from 1 to "
            "65535 behind its host");
}

TEST(Combinations, AnAddressThatOthersReachNeedsKeys) {
  for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "chat.example.com"}) {
    const Environment open{{"HTTP_HOST", host}};
    EXPECT_NE(refusal_of({.environment = open}).find("there are no keys"), std::string::npos) << host;
    Environment guarded = open;
    guarded["API_KEYS_FILE"] = "/run/keys";
    EXPECT_TRUE(settings_of({.environment = guarded}).http.wants_keys());
    EXPECT_TRUE(load({.args = {"doctor"}, .environment = open})) << "only who serves is reached";
  }
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_FALSE(settings_of({.environment = {{"HTTP_HOST", host}}}).http.wants_keys()) << host;
  }
}

TEST(Combinations, SettingsOfAModelServerNeedOne) {
  EXPECT_EQ(refusal_of({.environment = {{"LLM_MODEL", "m"}}}),
            "LLM_MODEL (environment) is set, but none of LLM_BASE_URL is: the echo would serve");
  EXPECT_TRUE(
      settings_of({.environment = {{"LLM_MODEL", "m"}, {"LLM_BASE_URL", "https://h/v1"}}}).llm.enabled());
}

TEST(Combinations, TheAddressOfAModelServerIsOne) {
  for (const char* url :
       {"localhost:11434", "ftp://h/v1", "http://", "http://h/v1?a=b", "http://u:p@h/v1", "http://a b"}) {
    EXPECT_EQ(refusal_of({.environment = {{"LLM_BASE_URL", url}}}),
              "LLM_BASE_URL (environment): expected an address such as http://localhost:11434/v1, without a "
              "query or a key")
        << url;
  }
}

TEST(Combinations, AKeyThatWouldBreakAHeaderIsRefusedAndNotShown) {
  EXPECT_EQ(refusal_of({.environment = {{"LLM_BASE_URL", "http://h/v1"}, {"LLM_API_KEY", "a\r\nb: c"}}}),
            "LLM_API_KEY (environment): expected a text without control characters");
}

TEST(Combinations, SettingsOfSentinelsNeedSentinels) {
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_HOST", "h"}, {"REDIS_SENTINEL_MASTER", "m"}}}),
            "REDIS_SENTINEL_MASTER (environment) is set, but REDIS_SENTINELS is not: no Sentinel would be "
            "asked");
}

}  // namespace
}  // namespace chatsync

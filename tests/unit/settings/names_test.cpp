#include <gtest/gtest.h>

#include "base/setting_names.hpp"
#include "unit/settings/load_helpers.hpp"

namespace chatsync {
namespace {

TEST(EditDistance, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "abd"), 1U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(FileKeys, WithOurPrefixMustBeKnown) {
  EXPECT_EQ(
      refusal_of({.files = {{".env", "HTTP_PORT=1\nSYNC_EVERY=5\n"}}}),
      "SYNC_EVERY (.env:2): unknown setting; there are SYNC_INTERVAL, SYNC_WATERMARK, SYNC_BATCH_TURNS, "
      "SYNC_CONNECTIONS, SYNC_SWEEP_INTERVAL");
  for (const char* key : {"REDIS_X", "MYSQL_DB", "SYNC_EVERY", "HTTP_ADDR", "SESSION_AGE",
                          "SHUTDOWN_GRACE_TIME", "DATA_DIRECTORY", "LOG_LEVEL_FILE"}) {
    EXPECT_TRUE(complaint_about_file_key(key)) << key;
  }
}

TEST(FileKeys, ASlipAwayFromOursIsRefusedWithTheNameMeant) {
  EXPECT_EQ(refusal_of({.files = {{".env", "REDS_HOST=h"}}}),
            "REDS_HOST (.env:1): unknown setting; did you mean REDIS_HOST?");
  EXPECT_EQ(complaint_about_file_key("redis_host"), "unknown setting; did you mean REDIS_HOST?");
  EXPECT_EQ(complaint_about_file_key("SYNC_INTERVALL"), "unknown setting; did you mean SYNC_INTERVAL?");
  EXPECT_EQ(complaint_about_file_key("DATADIR"), "unknown setting; did you mean DATA_DIR?");
}

TEST(FileKeys, OfOtherProgramsAreIgnored) {
  for (const char* key : {"FLASK_ENV", "OPENAI_API_KEY", "DATABASE_URL", "PORT", "LOG_FORMAT", "HTTP_PROXY",
                          "MYSQL_ROOT_PASSWORD", "SESSION_SECRET", "http_proxy"}) {
    EXPECT_FALSE(complaint_about_file_key(key)) << key;
  }
}

TEST(Variables, ThatOrchestratorsInjectAreIgnored) {
  for (const char* name : {"REDIS_SERVICE_HOST", "REDIS_SERVICE_PORT", "REDIS_PORT_6379_TCP",
                           "REDIS_PORT_6379_TCP_ADDR", "MYSQL_PORT_3306_TCP_PROTO", "MYSQL_ENV_MYSQL_VERSION",
                           "HTTP_PROXY", "http_proxy", "PATH", "SESSION_MANAGER", "MYSQL_PS1", "LS_COLORS"}) {
    EXPECT_FALSE(complaint_about_variable(name)) << name;
  }
}

TEST(Variables, ThatLookLikeASlipAreRefused) {
  EXPECT_EQ(refusal_of({.environment = {{"HTTP_PROT", "1"}}}),
            "HTTP_PROT (environment): unknown setting; did you mean HTTP_PORT?");
  EXPECT_TRUE(complaint_about_variable("REDIS_PASSWROD"));
}

TEST(Variables, OfAnotherPrefixAreIgnored) { EXPECT_FALSE(complaint_about_variable("REDS_HOST")); }

TEST(Variables, ThatAnOrchestratorFillsWithAnAddressAreExplained) {
  EXPECT_EQ(refusal_of({.environment = {{"REDIS_HOST", "redis"}, {"REDIS_PORT", "tcp://10.0.0.7:6379"}}}),
            "REDIS_PORT='tcp://10.0.0.7:6379' (environment): expected a whole number from 1 to 65535; an "
            "orchestrator sets this for a service of that name: set the port itself");
}

}  // namespace
}  // namespace chatsync

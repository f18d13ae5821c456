#include "test_cache/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace chatsync::test_cache {
namespace {

using testing::HasSubstr;
using testing::Not;

RunReport report_of(const SessionRun& run) {
  RunReport report{.url = "http://host"};
  report.sessions.push_back(check_session(run));
  return report;
}

RunReport failed_report() {
  SessionRun run = sound_run(30);
  for (Acknowledged& turn : run.clients.front().acknowledged) turn.reply.session_id = "other";
  return report_of(run);
}

TEST(TestCacheReport, PassesOnlyWithoutDifferences) {
  EXPECT_TRUE(passed(report_of(sound_run(3))));
  EXPECT_FALSE(passed(failed_report()));
  RunReport report{.url = "http://host"};
  report.differences = {"/sync_now failed"};
  EXPECT_FALSE(passed(report));
}

TEST(TestCacheTextReport, ShowsTheServersMessageVerbatim) {
  RunReport report{.url = "http://host"};
  report.sync = SyncReply{.message = "Đã đồng bộ thành công 0 tin nhắn", .synced = 0};
  EXPECT_EQ(render_text(report, false), "Đã đồng bộ thành công 0 tin nhắn\n");
}

TEST(TestCacheTextReport, OfASoundRunSaysSo) {
  EXPECT_THAT(render_text(report_of(sound_run(3)), false),
              HasSubstr("every check held: 3 turns in 1 session\n"));
}

TEST(TestCacheTextReport, NamesDifferencesAndCutsALongList) {
  const std::string text = render_text(failed_report(), false);
  EXPECT_THAT(text, HasSubstr("✗ s\n    the reply to message 1 names session 'other'\n"));
  EXPECT_THAT(text, HasSubstr("and 20 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("every check held")));
}

TEST(TestCacheTextReport, ShowsWhatIsUnknownAsADash) {
  RunReport report{.url = "http://host"};
  report.stats = sound_stats(3);
  EXPECT_THAT(render_text(report, false), HasSubstr("question_count    3 (cache -, store -)"));
}

TEST(TestCacheJsonReport, IsOneLineWithEverythingShown) {
  EXPECT_EQ(
      render_json(report_of(sound_run(2))),
      R"({"ok":true,"url":"http://host","sync":null,"stats":null,"sessions":[{"session_id":"s","sent":2,)"
      R"("acknowledged":2,"latency_us":{"p50":1,"p95":2,"max":2},"question_count":{"before":0,"expected":2,)"
      R"("expected_most":2,"found":2},"history":{"expected":2,"in_place":2},"pending":0,"synced":2,)"
      R"("differences":[]}],"differences":[]})"
      "\n");
}

TEST(TestCacheJsonReport, ListsAllDifferences) {
  const std::string document = render_json(failed_report());
  EXPECT_THAT(document, HasSubstr(R"({"ok":false)"));
  EXPECT_THAT(document, HasSubstr("the reply to message 30 names session 'other'"));
}

}  // namespace
}  // namespace chatsync::test_cache

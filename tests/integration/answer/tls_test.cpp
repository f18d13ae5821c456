#include "integration/answer/answer_fixture.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::answer {
namespace {

class TlsTest : public AnswerFixture {
 protected:
  TlsTest() {
    secured.always([](Exchange& exchange) { exchange.reply(200, test::completion_of("fine")); });
  }

  test::TempDir directory;
  test::Certificate certificate = test::make_certificate(directory.path());
  test::ScriptedUpstream secured{certificate};
};

TEST_F(TlsTest, TrustsTheAuthorityItIsGiven) {
  start({.base_url = secured.base_url(), .tls_ca = certificate.certificate});
  const auto answer = await(server->complete("{}"));
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(TlsTest, RefusesACertificateOfNobodyItTrusts) {
  start({.base_url = secured.base_url()});
  const auto answer = await(server->complete("{}"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::model_failed);
  EXPECT_TRUE(secured.requests().empty());
  EXPECT_TRUE(pauses.empty());
}

}  // namespace
}  // namespace chatsync::answer

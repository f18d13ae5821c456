// Replies whose body is made while it is sent, seen from the socket. The export of a user is such a reply;
// its turns are large, so that no buffer between the two ends holds them all.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

namespace json = boost::json;

constexpr int kTurns = 24;
constexpr std::size_t kTurnBytes = 1'000'000;
const std::string kExport = "/users/ann/export";

std::string get_bytes(const std::string& target, const std::string& version = "HTTP/1.1") {
  return "GET " + target + " " + version + "\r\nHost: a\r\n\r\n";
}

std::vector<json::object> lines_of(const std::string& body) {
  std::vector<json::object> lines;
  std::istringstream text(body);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

/// Numbers of a session's turns in the order of an export's lines.
std::vector<std::int64_t> seqs_of(const std::string& body) {
  std::vector<std::int64_t> seqs;
  for (const json::object& line : lines_of(body)) {
    if (line.at("type") == "turn") seqs.push_back(line.at("seq").as_int64());
  }
  return seqs;
}

class Streaming : public ::testing::Test {
 protected:
  /// Puts `turns` stored turns of ann's into a session.
  void store_turns(int turns, std::size_t bytes, const std::string& session_id = "s") {
    rig.on_worker([&](RigWorker& worker) {
      worker.store.sessions[session_id] = {
          .session_id = session_id, .user_id = "ann", .question_count = turns};
      for (int i = 1; i <= turns; ++i) {
        worker.store.rows[{session_id, i}] = {.session_id = session_id,
                                              .turn_id = session_id + std::to_string(i),
                                              .timestamp_us = i,
                                              .seq = i,
                                              .user_id = "ann",
                                              .question = "q",
                                              .answer = std::string(bytes, 'x')};
      }
    });
  }
  void store_large() { store_turns(kTurns, kTurnBytes); }

  void set_outage(std::optional<Error> error) {
    rig.on_worker([&](RigWorker& worker) { worker.store.outage = error; });
  }

  /// Returns once the server has filled the socket of a client that does not read, and waits for it.
  void await_standstill() {
    auto other = rig.client();
    // Each of these lets the stream go on, if it can.
    for (int i = 0; i < 2'000; ++i) ASSERT_EQ(other.get("/healthz").status, 200);
  }

  static std::vector<std::int64_t> one_to(int last) {
    std::vector<std::int64_t> numbers;
    for (int i = 1; i <= last; ++i) numbers.push_back(i);
    return numbers;
  }

  const Error down{.kind = ErrorKind::unavailable, .message = "the store is down"};
  HttpRig rig;
};

TEST_F(Streaming, SendsALongBodyInChunksAndGoesOnWithTheConnection) {
  store_large();
  auto client = rig.client();
  for (int round = 0; round < 2; ++round) {
    const auto response = client.get(kExport);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("transfer-encoding"), "chunked");
    EXPECT_EQ(response.header("content-length"), "");
    EXPECT_EQ(response.header("content-type"), "application/x-ndjson");
    EXPECT_NE(response.header("x-request-id"), "");
    EXPECT_EQ(seqs_of(response.body), one_to(kTurns));
  }
}

TEST_F(Streaming, TellsTheLengthOfABodyThatIsOnePiece) {
  const auto response = rig.client().get(kExport);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("transfer-encoding"), "");
  EXPECT_EQ(response.body, "{\"type\":\"end\",\"sessions\":0,\"turns\":0,\"dead_letters\":0}\n");
}

TEST_F(Streaming, SendsTheBodyAsItIsToAnOldClientAndCloses) {
  store_large();
  auto client = rig.client();
  client.send("GET " + kExport + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto response = client.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("transfer-encoding"), "");
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(seqs_of(response.body), one_to(kTurns));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Streaming, SendsHeadNoBody) {
  store_large();
  auto client = rig.client();
  EXPECT_EQ(client.request("HEAD", kExport).status, 200);
  EXPECT_EQ(client.get("/healthz").body, R"({"status":"ok"})");
}

TEST_F(Streaming, AnswersWhatIsPipelinedBehindIt) {
  store_large();
  auto client = rig.client();
  client.send(get_bytes(kExport) + get_bytes("/healthz"));
  EXPECT_EQ(seqs_of(client.read_response().body), one_to(kTurns));
  EXPECT_EQ(client.read_response().body, R"({"status":"ok"})");
}

TEST_F(Streaming, AFailureBeforeTheFirstPieceIsToldByTheStatus) {
  store_large();
  set_outage(down);
  auto client = rig.client();
  const auto response = client.get(kExport);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("retry-after"), "1");
  EXPECT_EQ(response.json().at("error").at("message"), "the store is down");
  set_outage(std::nullopt);
  EXPECT_EQ(client.get(kExport).status, 200);
}

TEST_F(Streaming, AFailureInTheMiddleBreaksTheBodyOff) {
  store_large();
  auto client = rig.client();
  client.send(get_bytes(kExport));
  await_standstill();
  // The pieces are not read ahead: those after the outage cannot come.
  set_outage(down);
  EXPECT_THROW(client.read_response(), std::runtime_error);
  EXPECT_NE(rig.client().get("/metrics").body.find("chatsync_http_broken_replies_total 1\n"),
            std::string::npos);
}

TEST_F(Streaming, AnOldClientSeesABrokenBodyByTheReset) {
  store_large();
  auto client = rig.client();
  client.send(get_bytes(kExport, "HTTP/1.0"));
  await_standstill();
  set_outage(down);
  EXPECT_THROW(client.read_response(), std::runtime_error);
}

TEST_F(Streaming, AClientThatReadsLateGetsAllOfIt) {
  store_large();
  auto client = rig.client();
  client.send(get_bytes(kExport));
  await_standstill();
  EXPECT_EQ(seqs_of(client.read_response().body), one_to(kTurns));
}

TEST_F(Streaming, EndsWithAClientThatHangsUp) {
  store_large();
  for (int i = 0; i < 3; ++i) {
    auto client = rig.client();
    client.send(get_bytes(kExport));
    if (i > 0) await_standstill();
    client.abort();
  }
  EXPECT_TRUE(test::eventually([&] { return rig.server->open_connections() == 0; }));
}

TEST_F(Streaming, KeepsNobodyElseWaiting) {
  store_turns(2'000 / CHATSYNC_TEST_SCALE_DOWN, 100);
  auto client = rig.client();
  auto other = rig.client();
  client.send(get_bytes(kExport));
  EXPECT_EQ(other.get("/healthz").status, 200);
  EXPECT_EQ(lines_of(client.read_response().body).back().at("turns"), 2'000 / CHATSYNC_TEST_SCALE_DOWN);
}

TEST_F(Streaming, IsCutAtTheEndOfAShutdown) {
  store_large();
  auto client = rig.client();
  client.send(get_bytes(kExport));
  await_standstill();
  const auto stopped = rig.begin_stop();
  rig.server->force_close();
  stopped.wait();
  EXPECT_EQ(rig.server->open_connections(), 0U);
}

TEST(StreamingTimeOut, CutsOffAClientThatDoesNotRead) {
  HttpOptions options = HttpRig::options();
  options.write_timeout = std::chrono::milliseconds(200);
  HttpRig rig(options);
  rig.on_worker([](RigWorker& worker) {
    worker.store.sessions["s"] = {.session_id = "s", .user_id = "ann"};
    for (int i = 1; i <= kTurns; ++i) {
      worker.store.rows[{"s", i}] = {.session_id = "s",
                                     .turn_id = std::to_string(i),
                                     .timestamp_us = i,
                                     .answer = std::string(kTurnBytes, 'x')};
    }
  });
  auto client = rig.client();
  client.send(get_bytes(kExport));
  auto other = rig.client();
  EXPECT_TRUE(test::eventually([&] {
    return other.get("/metrics").body.find("chatsync_http_slow_clients_total 1\n") != std::string::npos;
  }));
  EXPECT_TRUE(test::eventually([&] { return rig.server->open_connections() == 1; }));
}

TEST_F(Streaming, AnExportHoldsEveryTurnStoredOrPendingOnce) {
  store_turns(700, 10, "a");
  auto client = rig.client();
  for (const char* session : {"a", "b", "a"}) {
    const json::value body = {{"session_id", session}, {"user_id", "ann"}, {"message", "hi\n"}};
    ASSERT_EQ(client.post("/chat", body).status, 200);
  }
  ASSERT_EQ(client.post("/chat", {{"session_id", "c"}, {"user_id", "bob"}, {"message", "hi"}}).status, 200);
  const auto lines = lines_of(client.get(kExport).body);
  ASSERT_EQ(lines.size(), 2U + 703U + 1U);
  EXPECT_EQ(lines[0].at("session_id"), "a");
  EXPECT_EQ(lines[0].at("question_count"), 702);
  for (std::size_t i = 1; i <= 702; ++i) {
    EXPECT_EQ(lines[i].at("type"), "turn");
    EXPECT_EQ(lines[i].at("session_id"), "a");
    EXPECT_EQ(lines[i].at("seq"), i);
  }
  EXPECT_EQ(lines[702].at("question"), "hi\n");
  EXPECT_EQ(lines[703].at("type"), "session");
  EXPECT_EQ(lines[703].at("session_id"), "b");
  EXPECT_EQ(json::serialize(lines.back()), R"({"type":"end","sessions":2,"turns":703,"dead_letters":0})");
}

TEST_F(Streaming, AnExportIsNotGivenWithoutWhatIsPending) {
  store_turns(3, 10);
  rig.on_worker([&](RigWorker& worker) { worker.cache.outage = down; });
  EXPECT_EQ(rig.client().get(kExport).status, 503);
}

TEST_F(Streaming, AUserIsErasedWithEverything) {
  store_turns(3, 10);
  auto client = rig.client();
  const json::value body = {{"session_id", "t"}, {"user_id", "ann"}, {"message", "hi"}};
  ASSERT_EQ(client.post("/chat", body).status, 200);
  EXPECT_EQ(client.request("DELETE", "/users/ann").body,
            R"({"user_id":"ann","deleted_sessions":2,"deleted_turns":4})");
  EXPECT_EQ(client.request("DELETE", "/users/ann").body,
            R"({"user_id":"ann","deleted_sessions":0,"deleted_turns":0})");
  EXPECT_EQ(client.get(kExport).body, "{\"type\":\"end\",\"sessions\":0,\"turns\":0,\"dead_letters\":0}\n");
  EXPECT_EQ(client.post("/chat", body).status, 410);
}

}  // namespace
}  // namespace chatsync::http

// One connection and the order of things on it.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "integration/http/http_rig.hpp"
#include "support/eventually.hpp"

namespace chatsync::http {
namespace {

TEST(HttpConnection, ServesManyRequestsOneAfterTheOther) {
  HttpRig rig;
  auto client = rig.client();
  for (int i = 1; i <= 100; ++i) {
    const auto response = client.request("POST", "/chat", chat_body("q"));
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.json().at("question_count"), i);
    EXPECT_FALSE(response.headers.contains("connection"));
  }
}

TEST(HttpConnection, AnswersPipelinedRequestsInTheirOrder) {
  HttpRig rig;
  auto client = rig.client();
  constexpr int kRequests = 500;
  std::string bytes;
  for (int i = 0; i < kRequests; ++i) {
    bytes += post_bytes("/chat", chat_body("later " + std::to_string(i)));
    bytes += "GET /healthz HTTP/1.1\r\nHost: a\r\nx-request-id: h" + std::to_string(i) + "\r\n\r\n";
  }
  client.send(bytes);
  for (int i = 0; i < kRequests; ++i) {
    const auto response = client.read_response();
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(answer_of(response), "Echo: later " + std::to_string(i));
    EXPECT_EQ(response.json().at("question_count"), i + 1);
    EXPECT_EQ(client.read_response().header("x-request-id"), "h" + std::to_string(i));
  }
}

TEST(HttpConnection, BuffersLittleOfAPipelineThatIsNotReadFrom) {
  HttpRig rig;
  auto client = rig.client();
  const std::string padding(1000, 'p');
  std::string burst;
  for (int i = 0; i < 200; ++i) burst += post_bytes("/chat", chat_body("hold" + padding));
  client.send(burst);
  RigWorker& worker = *rig.workers[0];
  ASSERT_TRUE(test::eventually([&] { return worker.answerer.holding == 1; }));
  rig.release();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read_response().status, 200);
  EXPECT_EQ(worker.answerer.holding, 200);
}

TEST(HttpConnection, AnswersAClientThatHasShutDownItsSide) {
  HttpRig rig;
  auto client = rig.client();
  client.send(post_bytes("/chat", chat_body("hold on")));
  client.half_close();
  ASSERT_TRUE(test::eventually([&] { return rig.workers[0]->answerer.holding == 1; }));
  rig.release();
  EXPECT_EQ(answer_of(client.read_response()), "Echo: hold on");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpConnection, TellsAClientThatBrokeOffWhatIsMissing) {
  HttpRig rig;
  for (const char* part : {"GET /healthz HTT", "GET /healthz HTTP/1.1\r\nHost: a\r\n",
                           "POST /chat HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"message\":"}) {
    auto client = rig.client();
    client.send(part);
    client.half_close();
    EXPECT_EQ(client.read_response().status, 400) << part;
    EXPECT_TRUE(client.closed_by_server());
  }
}

TEST(HttpConnection, AsksForTheBodyOfAClientThatWaitsToBeAsked) {
  HttpRig rig;
  auto client = rig.client();
  const std::string body = chat_body("asked");
  const std::string bytes = post_bytes("/chat", body, "Expect: 100-continue\r\n");
  client.send(bytes.substr(0, bytes.size() - body.size()));
  EXPECT_EQ(client.read_response().status, 100);
  client.send(body);
  EXPECT_EQ(answer_of(client.read_response()), "Echo: asked");
}

TEST(HttpConnection, DoesNotAskForABodyThatIsThereAlready) {
  HttpRig rig;
  auto client = rig.client();
  client.send(post_bytes("/chat", chat_body("at once"), "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(HttpConnection, SparesAClientThatAsksFirstABodyThatWouldBeRefused) {
  HttpRig rig;
  const auto status = [&](const std::string& head) {
    auto client = rig.client();
    client.send(head + "Host: a\r\nExpect: 100-continue\r\n\r\n");
    const int result = client.read_response().status;
    EXPECT_TRUE(client.closed_by_server()) << head;
    return result;
  };
  EXPECT_EQ(status("POST /chat HTTP/1.1\r\nContent-Length: 99999999\r\n"), 413);
  EXPECT_EQ(status("POST /chat HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n"), 415);
  EXPECT_EQ(status("POST /nothing HTTP/1.1\r\nContent-Length: 9\r\n"), 404);
  EXPECT_EQ(status("PUT /chat HTTP/1.1\r\nContent-Length: 9\r\n"), 405);
}

TEST(HttpConnection, ReadsAChunkedBody) {
  HttpRig rig;
  auto client = rig.client();
  client.send("POST /chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string body = chat_body("in pieces");
  for (const char c : body) client.send("1\r\n" + std::string(1, c) + "\r\n");
  client.send("0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer_of(client.read_response()), "Echo: in pieces");
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(HttpConnection, AnswersHeadLikeGetWithoutTheBody) {
  HttpRig rig;
  auto client = rig.client();
  const auto get = client.get("/openapi.json");
  const auto head = client.request("HEAD", "/openapi.json");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), std::to_string(get.body.size()));
  EXPECT_EQ(client.request("HEAD", "/nothing").status, 404);
  EXPECT_EQ(client.get("/healthz").body, R"({"status":"ok"})");
}

TEST(HttpConnection, KeepsAnHttp10ConnectionOnlyIfAsked) {
  HttpRig rig;
  auto client = rig.client();
  client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_response().header("connection"), "keep-alive");
  client.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_response().header("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpConnection, EndsWhereTheClientSaysSo) {
  HttpRig rig;
  auto client = rig.client();
  client.send(
      "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  EXPECT_EQ(client.read_response().header("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpConnection, TakesTheAbsoluteForm) {
  HttpRig rig;
  auto client = rig.client();
  client.send("GET http://example.org/healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 200);
}

TEST(HttpConnection, CarriesGreatTextsBothWaysByteForByte) {
  HttpRig rig;
  auto client = rig.client();
  std::string message;
  while (message.size() < 400'000) message += std::string("Đã \0 🚀 \" \\ \n \x01", 19);
  const auto response = client.request("POST", "/chat", chat_body(message));
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(answer_of(response), "Echo: " + message);
}

}  // namespace
}  // namespace chatsync::http

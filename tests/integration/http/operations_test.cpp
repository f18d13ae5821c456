#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "http/openapi_file.hpp"
#include "integration/http/http_rig.hpp"

namespace chatsync::http {
namespace {

TEST(HttpOperations, SaysThatItIsAliveAndReady) {
  HttpRig rig;
  auto client = rig.client();
  EXPECT_EQ(client.get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(client.get("/readyz").json().at("status"), "ready");
}

TEST(HttpOperations, IsReadyWithoutItsStoreOrItsCacheButNotWithoutBoth) {
  HttpRig rig;
  auto client = rig.client();
  const Error down{ErrorKind::unavailable, "down", {}, {}};
  rig.on_worker([&](RigWorker& worker) { worker.store.outage = down; });
  const auto degraded = client.get("/readyz");
  EXPECT_EQ(degraded.status, 200);
  EXPECT_EQ(degraded.json().at("status"), "degraded");
  EXPECT_EQ(degraded.json().at("store").at("status"), "down");
  rig.on_worker([&](RigWorker& worker) {
    worker.store.outage.reset();
    worker.cache.outage = down;
  });
  EXPECT_EQ(client.get("/readyz").status, 200);
  EXPECT_EQ(client.get("/readyz").json().at("cache").at("status"), "down");
  rig.on_worker([&](RigWorker& worker) { worker.store.outage = down; });
  const auto unready = client.get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(unready.json().at("status"), "unready");
  EXPECT_FALSE(unready.header("retry-after").empty());
}

TEST(HttpOperations, CountsWhatItServes) {
  HttpRig rig(HttpRig::options(), 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rig.client().request("POST", "/chat", chat_body("q")).status, 200);
  auto client = rig.client();
  client.get("/nothing");
  const auto response = client.get("/metrics");
  EXPECT_EQ(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {R"(chatsync_http_requests_total{route="/chat",method="POST",status="200"} 4)",
        R"(chatsync_http_requests_total{route="unmatched",method="GET",status="404"} 1)",
        "chatsync_turns_accepted_total 4\n", "chatsync_http_connections_accepted_total 5\n"}) {
    EXPECT_NE(response.body.find(line), std::string::npos) << line << "\n" << response.body;
  }
}

TEST(HttpOperations, ServesItsDescription) {
  HttpRig rig;
  auto client = rig.client();
  EXPECT_EQ(client.get("/openapi.json").body, openapi_json);
  EXPECT_EQ(client.get("/").json().at("api"), "/openapi.json");
}

TEST(HttpOperations, KeepsTheRequestIdOfTheClientOrMakesOne) {
  HttpRig rig;
  auto client = rig.client();
  EXPECT_EQ(client.request("GET", "/healthz", "", "X-Request-ID: mine.1\r\n").header("x-request-id"),
            "mine.1");
  std::set<std::string> made;
  for (int i = 0; i < 10; ++i) made.insert(client.get("/healthz").header("x-request-id"));
  EXPECT_EQ(made.size(), 10U);
  EXPECT_FALSE(made.contains("mine.1"));
}

}  // namespace
}  // namespace chatsync::http

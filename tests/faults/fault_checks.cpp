#include "faults/fault_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>

namespace chatsync::test {

namespace json = boost::json;

RecordedLoadPlan gentle_load(std::vector<std::uint16_t> ports, std::vector<std::string> sessions) {
  return {.ports = std::move(ports),
          .sessions = std::move(sessions),
          .clients = 2,
          .tag = "load",
          .synced_every = 0,
          .pause = std::chrono::milliseconds(2)};
}

void await_more(const RecordedLoad& load, std::size_t turns) {
  const std::size_t enough = load.acknowledged() + turns;
  EXPECT_TRUE(eventually([&] { return load.acknowledged() >= enough; }));
}

Call ask(HttpClient& client, const std::string& session_id, const std::string& question) {
  json::object body{{"message", question}};
  if (!session_id.empty()) body["session_id"] = session_id;
  Call call{.session_id = session_id, .question = question, .invoked = Call::Clock::now()};
  const HttpResponse response = client.post("/chat", body);
  call.returned = Call::Clock::now();
  read_reply(call, response.status, response.body);
  if (response.status == 200) call.session_id = response.json().at("session_id").as_string();
  return call;
}

Call ask_ok(HttpClient& client, const std::string& session_id, const std::string& question) {
  Call call = ask(client, session_id, question);
  EXPECT_TRUE(call.acknowledged()) << call.error;
  return call;
}

void expect_as_told(World& world, const ChatsyncProcess& server, const std::vector<Call>& calls) {
  HttpClient client = server.client();
  const Sessions all{.ids = world.column("SELECT session_id FROM chat_sessions")};
  const Verdict verdict = check_history(calls, observe(world, client, all));
  EXPECT_GT(verdict.acknowledged, 0);
  EXPECT_TRUE(verdict.clean()) << verdict.lost << " lost, " << verdict.doubled << " doubled, "
                               << verdict.misnumbered << " misnumbered, " << verdict.other << " other\n"
                               << server.standard_error();
  for (std::size_t i = 0; i < std::min<std::size_t>(verdict.violations.size(), 10); ++i) {
    ADD_FAILURE() << verdict.violations[i].substr(0, 300);
  }
}

std::int64_t turns_in_redis(World& world) {
  RespClient redis = world.redis().client();
  std::int64_t turns = 0;
  for (const std::string& key : redis.keys("session:*:pending_msgs")) turns += redis.integer({"SCARD", key});
  return turns;
}

void expect_synced_without_help(World& world, const ChatsyncProcess& server, const std::vector<Call>& calls) {
  EXPECT_TRUE(eventually([&] { return turns_in_redis(world) == 0; })) << server.standard_error();
  expect_as_told(world, server, calls);
}

void expect_all_acknowledged(const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    if (call.acknowledged()) continue;
    ADD_FAILURE() << call.question << ": " << call.error;
    return;
  }
}

std::size_t lines_with(const ChatsyncProcess& server, std::string_view text) {
  std::istringstream log(server.standard_error());
  std::size_t lines = 0;
  for (std::string line; std::getline(log, line);) {
    if (line.find(text) != std::string::npos) ++lines;
  }
  return lines;
}

Environment as_plain_user(World& world) {
  MySqlClient root = world.mariadb().client();
  root.query("CREATE USER plain@'%'");
  root.query(fmt::format("GRANT ALL ON {}.* TO plain@'%'", world.database()));
  return {{"MYSQL_USER", "plain"}};
}

std::string error_code(const HttpResponse& response) {
  const json::value body = response.json();
  return body.as_object().contains("error") ? std::string(body.at("error").at("code").as_string()) : "";
}

}  // namespace chatsync::test

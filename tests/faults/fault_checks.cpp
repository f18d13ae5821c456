#include "faults/fault_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <sstream>

namespace chatsync::test {
namespace {

struct StoredTurn {
  std::string session_id;
  std::int64_t seq = 0;
  std::string question;
};

std::map<std::string, StoredTurn> stored_turns(const World& world) {
  std::map<std::string, StoredTurn> turns;
  for (const SqlRow& row : world.rows("SELECT turn_id, session_id, seq, question FROM chat_messages")) {
    turns[row[0].value()] = {row[1].value(), std::stoll(row[2].value_or("0")), row[3].value()};
  }
  return turns;
}

void expect_numbered_in_order(const World& world) {
  for (const SqlRow& session : world.rows("SELECT session_id, question_count FROM chat_sessions")) {
    const std::string& id = session[0].value();
    const std::vector<std::int64_t> seqs = stored_seqs(world, id);
    EXPECT_EQ(seqs, one_to(static_cast<std::int64_t>(seqs.size()))) << id;
    EXPECT_EQ(session[1], std::to_string(seqs.size())) << id;
  }
}

}  // namespace

void expect_stored_as_acknowledged(const World& world, const PatientOutcome& outcome) {
  for (const std::string& reply : outcome.wrong) ADD_FAILURE() << reply;
  EXPECT_FALSE(outcome.acknowledged.empty());
  std::map<std::string, StoredTurn> stored = stored_turns(world);
  for (const AcknowledgedTurn& turn : outcome.acknowledged) {
    const auto found = stored.find(turn.turn_id);
    if (found == stored.end()) {
      ADD_FAILURE() << "lost: " << turn.question.substr(0, 100) << " of session " << turn.session_id;
      continue;
    }
    EXPECT_EQ(found->second.session_id, turn.session_id) << turn.question;
    EXPECT_EQ(found->second.seq, turn.question_count) << turn.question;
    EXPECT_EQ(found->second.question, turn.question);
    stored.erase(found);
  }
  std::multiset<std::string> unknown(outcome.unknown.begin(), outcome.unknown.end());
  for (const auto& [id, turn] : stored) {
    const auto found = unknown.find(turn.question);
    if (found == unknown.end()) {
      ADD_FAILURE() << "nobody was told of: " << turn.question.substr(0, 100) << " in session "
                    << turn.session_id;
    } else {
      unknown.erase(found);
    }
  }
  expect_numbered_in_order(world);
  EXPECT_EQ(world.integer("SELECT count(*) FROM dead_letters"), 0);
}

void expect_synced_without_help(const World& world, const PatientOutcome& outcome) {
  EXPECT_TRUE(eventually([&] {
    return world.integer("SELECT count(*) FROM chat_messages") >=
           static_cast<std::int64_t>(outcome.acknowledged.size());
  }));
  expect_stored_as_acknowledged(world, outcome);
}

AcknowledgedTurn ask(HttpClient& client, const std::string& session_id, const std::string& question) {
  boost::json::object body{{"message", question}};
  if (!session_id.empty()) body["session_id"] = session_id;
  const HttpResponse response = client.post("/chat", body);
  EXPECT_EQ(response.status, 200) << response.body;
  if (response.status != 200) return {};
  const boost::json::object reply = response.json().as_object();
  return {.session_id = std::string(reply.at("session_id").as_string()),
          .turn_id = std::string(reply.at("turn_id").as_string()),
          .question_count = reply.at("question_count").as_int64(),
          .question = question};
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
  const boost::json::value body = response.json();
  return body.as_object().contains("error") ? std::string(body.at("error").at("code").as_string()) : "";
}

}  // namespace chatsync::test

// What the doctor makes of what a MySQL or MariaDB says of itself.
#include "sql/mysql_doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chatsync::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A server at which there is nothing to find.
struct Server {
  MySqlFacts facts{.variables = {{"version", "10.11.6-MariaDB"},
                                 {"read_only", "OFF"},
                                 {"innodb_flush_log_at_trx_commit", "1"},
                                 {"innodb_doublewrite", "ON"},
                                 {"log_bin", "OFF"},
                                 {"sync_binlog", "0"},
                                 {"sql_mode", "STRICT_TRANS_TABLES"},
                                 {"max_allowed_packet", "16777216"},
                                 {"max_connections", "151"},
                                 {"time_zone", "SYSTEM"},
                                 {"system_time_zone", "UTC"}},
                   .connections = 1,
                   .user = "bot@10.0.%",
                   .has_database = true,
                   .engines = {{"chat_sessions", "InnoDB"}},
                   .columns = {{"chat_sessions", "title", "varchar(1024)", "utf8mb4", "utf8mb4_bin", false}}};
  Settings settings{.mysql = {.host = "db", .database = "chat"}};

  Diagnosis judged() const { return judge_mysql(facts, settings); }
  Finding finding() const {
    const Diagnosis diagnosis = judged();
    EXPECT_EQ(diagnosis.findings.size(), 1U);
    return diagnosis.findings.empty() ? Finding{} : diagnosis.findings.front();
  }
  Server with(const std::string& variable, const std::string& value) const {
    Server other = *this;
    other.facts.variables[variable] = value;
    return other;
  }
};

TEST(MySqlDoctor, FindsNothingAtAServerThatKeepsThePromises) {
  const Diagnosis diagnosis = Server{}.judged();
  EXPECT_THAT(diagnosis.findings, IsEmpty());
  EXPECT_THAT(diagnosis.notes, IsEmpty());
  EXPECT_EQ(diagnosis.subject, "MySQL at db:3306, version 10.11.6-MariaDB");
}

TEST(MySqlDoctor, FindsOldVersionsOfBothKinds) {
  const Server server;
  for (const char* old : {"10.5.23-MariaDB", "5.7.44-log"}) {
    EXPECT_THAT(server.with("version", old).finding().what, HasSubstr(old));
  }
  for (const char* recent : {"10.6.16-MariaDB-log", "11.4.2-MariaDB", "8.0.36", "9.1.0"}) {
    EXPECT_THAT(server.with("version", recent).judged().findings, IsEmpty()) << recent;
  }
}

TEST(MySqlDoctor, FindsCommitsThatAreNotOnDisk) {
  const Finding finding = Server{}.with("innodb_flush_log_at_trx_commit", "2").finding();
  EXPECT_THAT(finding.risk, HasSubstr("before the machine fails"));
  EXPECT_EQ(finding.mend,
            "mysql -h db -P 3306 -u root -p -e \"SET GLOBAL innodb_flush_log_at_trx_commit = 1\"");
  EXPECT_THAT(Server{}.with("innodb_flush_log_at_trx_commit", "0").finding().risk,
              HasSubstr("the server or its machine"));
}

TEST(MySqlDoctor, FindsABinaryLogThatIsNotOnDisk) {
  EXPECT_THAT(Server{}.with("log_bin", "ON").finding().mend, HasSubstr("sync_binlog = 1"));
  EXPECT_THAT(Server{}.with("log_bin", "ON").with("sync_binlog", "1").judged().findings, IsEmpty());
}

TEST(MySqlDoctor, FindsPagesThatMayBeTorn) {
  EXPECT_EQ(Server{}.with("innodb_doublewrite", "OFF").finding().what, "innodb_doublewrite is off");
}

TEST(MySqlDoctor, FindsAServerThatIsReadOnly) {
  EXPECT_THAT(Server{}.with("read_only", "ON").finding().mend, HasSubstr("name the primary in MYSQL_HOST"));
}

TEST(MySqlDoctor, FindsRightsThatLack) {
  Server server;
  server.facts.forbidden = {"UPDATE on chat_messages"};
  EXPECT_EQ(server.finding().what, "user bot@10.0.% may not: UPDATE on chat_messages");
  EXPECT_EQ(server.finding().mend,
            "mysql -h db -P 3306 -u root -p -e \"GRANT ALL ON \\`chat\\`.* TO 'bot'@'10.0.%'\"");
}

TEST(MySqlDoctor, FindsATableWithoutTransactions) {
  Server server;
  server.facts.engines["chat_messages"] = "Aria";
  EXPECT_EQ(server.finding().mend,
            "mysql -h db -P 3306 -u root -p chat -e \"ALTER TABLE chat_messages ENGINE = InnoDB\"");
}

TEST(MySqlDoctor, FindsAColumnThatMixesTextsUp) {
  Server server;
  server.facts.columns = {{"chat_sessions", "session_id", "varchar(64)", "ascii", "ascii_general_ci", false}};
  EXPECT_THAT(server.finding().risk, HasSubstr("two sessions"));
  EXPECT_THAT(server.finding().mend, HasSubstr("MODIFY session_id varchar(64) CHARACTER SET ascii COLLATE "
                                               "ascii_bin NOT NULL"));
  server.facts.columns = {{"chat_messages", "answer", "mediumtext", "utf8mb3", "utf8mb3_bin", true}};
  EXPECT_THAT(server.finding().risk, HasSubstr("emoji"));
  EXPECT_THAT(server.finding().mend, HasSubstr("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL"));
}

TEST(MySqlDoctor, FindsTextsThatTheServerWouldNotTake) {
  EXPECT_THAT(Server{}.with("max_allowed_packet", "1048576").finding().mend,
              HasSubstr("max_allowed_packet = 16777216"));
  Server server;
  server.settings.http.max_body_bytes = 32 << 20;
  EXPECT_THAT(server.finding().mend, HasSubstr("HTTP_MAX_BODY_BYTES=16777216"));
}

TEST(MySqlDoctor, FindsThatConnectionsRunOut) {
  Server server = Server{}.with("max_connections", "10");
  server.facts.connections = 9;  // One of them is the doctor's.
  EXPECT_EQ(server.finding().what, "8 of 10 connections are taken; chatsync needs 3");
  server.facts.connections = 8;
  EXPECT_THAT(server.judged().findings, IsEmpty());
}

TEST(MySqlDoctor, NotesWhatChatsyncSetsForItsOwnSessions) {
  EXPECT_THAT(Server{}.with("sql_mode", "").with("time_zone", "+07:00").judged().notes,
              ElementsAre(HasSubstr("sql_mode is not strict"), HasSubstr("time zone is +07:00")));
}

TEST(MySqlDoctor, NotesWhatIsNotThereYet) {
  Server server;
  server.facts.engines.clear();
  server.facts.columns.clear();
  EXPECT_THAT(server.judged().notes, ElementsAre(HasSubstr("the tables are not there yet")));
  server.facts.has_database = false;
  EXPECT_THAT(server.judged().notes, ElementsAre(HasSubstr("there is no database chat yet")));
}

}  // namespace
}  // namespace chatsync::sql

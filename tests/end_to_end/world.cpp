#include "end_to_end/world.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <boost/json/serialize.hpp>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace chatsync::test {
namespace {

std::vector<SqlRow> rows_of_sqlite(const std::filesystem::path& file, const std::string& sql,
                                   int access = SQLITE_OPEN_READONLY) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, access, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(raw, &sqlite3_close);
  if (opened != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(raw));
  sqlite3_busy_timeout(raw, 60'000);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(raw, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(raw));
  }
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared, &sqlite3_finalize);
  std::vector<SqlRow> rows;
  while (true) {
    const int step = sqlite3_step(prepared);
    if (step == SQLITE_DONE) return rows;
    if (step != SQLITE_ROW) throw std::runtime_error(sqlite3_errmsg(raw));
    SqlRow& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
      if (sqlite3_column_type(prepared, i) == SQLITE_NULL) {
        row.emplace_back();
      } else {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared, i));
        row.emplace_back(std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(prepared, i))));
      }
    }
  }
}

}  // namespace

void PrintTo(const Combination& combination, std::ostream* out) {
  *out << (combination.redis ? "redis" : "embedded") << (combination.mysql ? "_mysql" : "_sqlite");
}

World::World(Combination combination, WorldOptions options)
    : combination_(combination), server_(std::move(options.server)) {
  if (options.sentinels > 0) {
    sentinels_ = std::make_unique<SentinelSet>(options.sentinels, std::move(options.redis));
  } else if (combination.redis) {
    redis_ = std::make_unique<RedisServer>(std::move(options.redis));
    if (options.proxied) redis_proxy_ = std::make_unique<FaultProxy>(redis_->port());
  }
  if (combination.mysql) {
    mariadb_ = std::make_unique<MariaDbServer>(std::move(options.mariadb));
    database_ = mariadb_->create_database();
    if (options.proxied) mariadb_proxy_ = std::make_unique<FaultProxy>(mariadb_->port());
  }
}

Environment World::environment(Environment more) const {
  more.try_emplace("DATA_DIR", data_dir().string());
  if (sentinels_) more.try_emplace("REDIS_SENTINELS", sentinels_->addresses());
  if (redis_) {
    more.try_emplace("REDIS_HOST", redis_->host());
    more.try_emplace("REDIS_PORT", std::to_string(redis_proxy_ ? redis_proxy_->port() : redis_->port()));
  }
  if (mariadb_) {
    more.try_emplace("MYSQL_HOST", mariadb_->host());
    more.try_emplace("MYSQL_PORT",
                     std::to_string(mariadb_proxy_ ? mariadb_proxy_->port() : mariadb_->port()));
    more.try_emplace("MYSQL_USER", "root");
    more.try_emplace("MYSQL_DATABASE", database_);
  }
  return more;
}

std::unique_ptr<ChatsyncProcess> World::start(Environment more) const {
  return ChatsyncProcess::started({.environment = environment(std::move(more)), .program = server_});
}

std::vector<SqlRow> World::rows(const std::string& sql) const {
  if (mariadb_) return mariadb_->client(database_).query(sql);
  return rows_of_sqlite(data_dir() / "chatsync.db", sql);
}

void World::execute(const std::string& sql) const {
  if (mariadb_) {
    mariadb_->client(database_).query(sql);
  } else {
    rows_of_sqlite(data_dir() / "chatsync.db", sql, SQLITE_OPEN_READWRITE);
  }
}

std::vector<std::string> World::column(const std::string& sql) const {
  std::vector<std::string> values;
  for (const SqlRow& row : rows(sql)) values.push_back(row.at(0).value_or("NULL"));
  return values;
}

boost::json::object chat(HttpClient& client, const std::string& session_id, const std::string& message) {
  const HttpResponse response = client.post("/chat", {{"session_id", session_id}, {"message", message}});
  EXPECT_EQ(response.status, 200) << response.body.substr(0, 1'000);
  return response.json().as_object();
}

void chat_numbers(HttpClient& client, const std::string& session_id, int first, int last) {
  for (int number = first; number <= last; ++number)
    chat(client, session_id, fmt::format("question {}", number));
}

std::int64_t sync_now(HttpClient& client) {
  const HttpResponse response = client.get("/sync_now");
  EXPECT_EQ(response.status, 200) << response.body;
  const boost::json::value body = response.json();
  return response.status == 200 ? body.at("synced").as_int64() : -1;
}

boost::json::object get_json(HttpClient& client, const std::string& target) {
  const HttpResponse response = client.get(target);
  EXPECT_EQ(response.status, 200) << target << ": " << response.body.substr(0, 1'000);
  return response.json().as_object();
}

std::vector<std::int64_t> stored_seqs(const World& world, const std::string& session_id) {
  std::vector<std::int64_t> seqs;
  const std::string sql =
      fmt::format("SELECT seq FROM chat_messages WHERE session_id = '{}' ORDER BY ts", session_id);
  for (const std::string& seq : world.column(sql)) seqs.push_back(seq == "NULL" ? 0 : std::stoll(seq));
  return seqs;
}

std::vector<std::int64_t> one_to(std::int64_t last) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(last));
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

}  // namespace chatsync::test

#include "base/settings_table.hpp"

#include <algorithm>
#include <array>

namespace chatsync {
namespace {

using Http = Settings::Http;
using Redis = Settings::Redis;
using Llm = Settings::Llm;
using MySql = Settings::MySql;
using Sync = Settings::Sync;

/// The field of a group, as in `settings.http.port`.
template <auto Group, auto Member>
auto& in(Settings& settings) {
  return settings.*Group.*Member;
}

template <auto Member>
auto& own(Settings& settings) {
  return settings.*Member;
}

constexpr std::string_view kServer = "Server";
constexpr std::string_view kHttp = "HTTP";
constexpr std::string_view kLlm =
    "Answers: a model server with OpenAI's API, or an echo without LLM_BASE_URL";
constexpr std::string_view kCache =
    "Cache: Redis, or embedded without REDIS_HOST, REDIS_SOCKET and REDIS_SENTINELS";
constexpr std::string_view kStore = "Store: MySQL or MariaDB, or SQLite without MYSQL_HOST and MYSQL_SOCKET";
constexpr std::string_view kSync = "Carrying turns from the cache to the store";

constexpr std::uint64_t kSecond = 1'000;  // Durations are bounded in milliseconds.
constexpr std::uint64_t kDay = 86'400 * kSecond;
constexpr std::uint64_t kKiB = 1'024;
constexpr std::uint64_t kGiB = kKiB * kKiB * kKiB;

constexpr SettingBounds kText{0, 4'096};
constexpr SettingBounds kNonEmpty{1, 4'096};
constexpr SettingBounds kPort{1, 65'535};
constexpr SettingBounds kPortOrAny{0, 65'535};
constexpr SettingBounds kUpToADay{1, kDay};
constexpr SettingBounds kUpToTenYears{1, 3'650 * kDay};
constexpr SettingBounds kFromNothingToTenYears{0, 3'650 * kDay};

const auto kTable = std::to_array<SettingRow>({
    {kServer, "DATA_DIR", "PATH", kNonEmpty, own<&Settings::data_dir>,
     "directory of the embedded cache and SQLite; made if missing"},
    {kServer, "LOG_LEVEL", "LEVEL", {}, own<&Settings::log_level>, "debug, info, warning or error"},
    {kServer, "SHUTDOWN_TIMEOUT", "SECONDS", kUpToADay, own<&Settings::shutdown_timeout>,
     "from SIGTERM to the end, the last drain included"},

    {kHttp, "HTTP_HOST", "ADDRESS", kNonEmpty, in<&Settings::http, &Http::host>,
     "address to listen on; 0.0.0.0 or :: for all interfaces"},
    {kHttp, "HTTP_PORT", "PORT", kPortOrAny, in<&Settings::http, &Http::port>,
     "port to listen on; 0 takes a free one and shows it"},
    {kHttp,
     "HTTP_THREADS",
     "COUNT",
     {0, 256},
     in<&Settings::http, &Http::threads>,
     "I/O threads; 0 chooses by the number of cores"},
    {kHttp,
     "HTTP_MAX_CONNECTIONS",
     "COUNT",
     {1, 1'000'000},
     in<&Settings::http, &Http::max_connections>,
     "connections open at the same time"},
    {kHttp,
     "HTTP_MAX_HEADER_BYTES",
     "BYTES",
     {kKiB, kKiB* kKiB},
     in<&Settings::http, &Http::max_header_bytes>,
     "largest request header; a larger one is answered 431"},
    {kHttp,
     "HTTP_MAX_BODY_BYTES",
     "BYTES",
     {kKiB, kGiB},
     in<&Settings::http, &Http::max_body_bytes>,
     "largest request body; a larger one is answered 413"},
    {kHttp, "HTTP_HEADER_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::http, &Http::header_timeout>,
     "time for a request's header; a slower one is answered 408"},
    {kHttp, "HTTP_BODY_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::http, &Http::body_timeout>,
     "time for a request's body; a slower one is answered 408"},
    {kHttp, "HTTP_IDLE_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::http, &Http::idle_timeout>,
     "a connection without a request is closed after this time"},

    {kHttp,
     "API_KEYS",
     "KEY,…",
     {0, 65'536},
     in<&Settings::http, &Http::api_keys>,
     "keys of which clients must show one; empty: none is asked for",
     true},
    {kHttp, "API_KEYS_FILE", "PATH", kText, in<&Settings::http, &Http::api_keys_file>,
     "file of such keys, one a line"},

    {kLlm, "LLM_BASE_URL", "URL", kText, in<&Settings::llm, &Llm::base_url>,
     "where the model server is, /v1 included; empty: an echo answers"},
    {kLlm, "LLM_API_KEY", "KEY", kText, in<&Settings::llm, &Llm::api_key>,
     "key sent to the model server; empty: none is sent", true},
    {kLlm, "LLM_MODEL", "NAME", kText, in<&Settings::llm, &Llm::model>,
     "the model of requests that name none, such as those of /chat"},
    {kLlm,
     "LLM_SYSTEM_PROMPT",
     "TEXT",
     {0, 65'536},
     in<&Settings::llm, &Llm::system_prompt>,
     "system message before the questions of /chat; empty: none"},
    {kLlm, "LLM_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::llm, &Llm::timeout>,
     "time for a whole answer, waiting and repeating included"},
    {kLlm,
     "LLM_MAX_CONCURRENCY",
     "COUNT",
     {1, 100'000},
     in<&Settings::llm, &Llm::max_concurrency>,
     "requests the model server gets at a time; as many may wait"},
    {kLlm,
     "LLM_HISTORY_TURNS",
     "TURNS",
     {0, 10},
     in<&Settings::llm, &Llm::history_turns>,
     "last turns put before a question"},
    {kLlm,
     "LLM_HISTORY_TOKENS",
     "TOKENS",
     {0, 10'000'000},
     in<&Settings::llm, &Llm::history_tokens>,
     "about what these may take; older ones are left out"},
    {kLlm, "SESSION_WAIT", "SECONDS", kUpToADay, own<&Settings::session_wait>,
     "time that a question waits for the one before it"},
    {kLlm, "LLM_TLS_CA", "PATH", kText, in<&Settings::llm, &Llm::tls_ca>,
     "PEM file of the authorities to trust; empty: the system's"},

    {kCache, "REDIS_HOST", "NAME", kText, in<&Settings::redis, &Redis::host>,
     "host name or address of Redis; empty: no Redis over TCP"},
    {kCache, "REDIS_PORT", "PORT", kPort, in<&Settings::redis, &Redis::port>, "TCP port of Redis"},
    {kCache,
     "REDIS_DB",
     "NUMBER",
     {0, 1'000'000},
     in<&Settings::redis, &Redis::database>,
     "number of the Redis database"},
    {kCache, "REDIS_SOCKET", "PATH", kText, in<&Settings::redis, &Redis::socket>,
     "Unix socket of Redis, in place of REDIS_HOST"},
    {kCache, "REDIS_USERNAME", "NAME", kText, in<&Settings::redis, &Redis::username>,
     "ACL user; empty: Redis' default user"},
    {kCache, "REDIS_PASSWORD", "PASSWORD", kText, in<&Settings::redis, &Redis::password>,
     "password; empty: none is sent", true},
    {kCache,
     "REDIS_TLS",
     "BOOL",
     {},
     in<&Settings::redis, &Redis::tls>,
     "encrypt, and check the certificate of the server"},
    {kCache, "REDIS_TLS_CA", "PATH", kText, in<&Settings::redis, &Redis::tls_ca>,
     "PEM file of the authorities to trust; empty: the system's"},
    {kCache, "REDIS_SENTINELS", "HOST:PORT,…", kText, in<&Settings::redis, &Redis::sentinels>,
     "Sentinels to ask for the master, in place of REDIS_HOST"},
    {kCache, "REDIS_SENTINEL_MASTER", "NAME", kNonEmpty, in<&Settings::redis, &Redis::sentinel_master>,
     "the master's name at the Sentinels"},
    {kCache, "REDIS_SENTINEL_PASSWORD", "PASSWORD", kText, in<&Settings::redis, &Redis::sentinel_password>,
     "password of the Sentinels; empty: none is sent", true},
    {kCache, "REDIS_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::redis, &Redis::timeout>,
     "time for Redis to connect or to reply"},
    {kCache, "SESSION_TTL", "SECONDS", kUpToTenYears, own<&Settings::session_ttl>,
     "an idle, synced session leaves the cache after this time"},

    {kStore, "MYSQL_HOST", "NAME", kText, in<&Settings::mysql, &MySql::host>,
     "host name or address of the server; empty: none over TCP"},
    {kStore, "MYSQL_PORT", "PORT", kPort, in<&Settings::mysql, &MySql::port>, "TCP port of the server"},
    {kStore, "MYSQL_SOCKET", "PATH", kText, in<&Settings::mysql, &MySql::socket>,
     "Unix socket of the server, in place of MYSQL_HOST"},
    {kStore, "MYSQL_USER", "NAME", kNonEmpty, in<&Settings::mysql, &MySql::user>, "user to log in as"},
    {kStore, "MYSQL_PASSWORD", "PASSWORD", kText, in<&Settings::mysql, &MySql::password>,
     "password of the user", true},
    {kStore,
     "MYSQL_DATABASE",
     "NAME",
     {1, 64},
     in<&Settings::mysql, &MySql::database>,
     "database that holds the tables"},
    {kStore, "MYSQL_SSL_CA", "PATH", kText, in<&Settings::mysql, &MySql::ssl_ca>,
     "PEM file: encrypt, and check the certificate of the server"},
    {kStore, "MYSQL_TIMEOUT", "SECONDS", kUpToADay, in<&Settings::mysql, &MySql::timeout>,
     "time for the server to connect or to reply"},
    {kStore,
     "SEARCH_INDEX",
     "BOOL",
     {},
     own<&Settings::search_index>,
     "keep a full-text index of turns, for GET /v1/conversations?q="},

    {kSync, "SYNC_INTERVAL", "SECONDS", kUpToADay, in<&Settings::sync, &Sync::interval>,
     "time between two drains"},
    {kSync,
     "SYNC_WATERMARK",
     "TURNS",
     {1, 1'000'000'000},
     in<&Settings::sync, &Sync::watermark>,
     "turns accepted since the last drain that start one early"},
    {kSync,
     "SYNC_BATCH_TURNS",
     "TURNS",
     {1, 100'000},
     in<&Settings::sync, &Sync::batch_turns>,
     "turns written in one transaction"},
    {kSync,
     "SYNC_CONNECTIONS",
     "COUNT",
     {1, 64},
     in<&Settings::sync, &Sync::connections>,
     "batches written at the same time"},
    {kSync, "SYNC_SWEEP_INTERVAL", "SECONDS", kUpToADay, in<&Settings::sync, &Sync::sweep_interval>,
     "time between two searches for turns of other programs"},
    {kSync,
     "MAX_PENDING_TURNS",
     "TURNS",
     {1, 1'000'000'000'000},
     in<&Settings::sync, &Sync::max_pending_turns>,
     "turns that may wait for the store; then /chat answers 503"},
    {kSync,
     "MAX_PENDING_BYTES",
     "BYTES",
     {kKiB, kKiB* kGiB},
     in<&Settings::sync, &Sync::max_pending_bytes>,
     "about what these turns may take; then /chat answers 503"},
    {kSync, "MAX_PENDING_AGE", "SECONDS", kFromNothingToTenYears, in<&Settings::sync, &Sync::max_pending_age>,
     "age of the oldest from which on /chat answers 503; 0: any"},
});

}  // namespace

std::span<const SettingRow> settings_table() { return kTable; }

const SettingRow* find_setting(std::string_view name) {
  const auto row = std::ranges::find(kTable, name, &SettingRow::name);
  return row == kTable.end() ? nullptr : &*row;
}

std::string flag_of(const SettingRow& row) {
  std::string flag = "--";
  for (const char c : row.name) flag += c == '_' ? '-' : static_cast<char>(c | 0x20);
  return flag;
}

bool is_switch(const SettingRow& row) { return std::holds_alternative<bool& (*)(Settings&)>(row.field); }

}  // namespace chatsync

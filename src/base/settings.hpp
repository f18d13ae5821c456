#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/log.hpp"

namespace chatsync {

/// Where a Sentinel listens if REDIS_SENTINELS does not say it.
inline constexpr std::uint16_t kSentinelPort = 26'379;

/// Everything an operator can set. The default values stand here and nowhere else; settings_table.cpp gives
/// each its name, its kind and its line of help. Plain data: read at start, constant afterwards.
struct Settings {
  struct Http {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: any free port, shown in the start line.
    std::size_t threads = 0;    ///< 0: chosen by the number of cores.
    std::size_t max_connections = 20'000;
    std::size_t max_header_bytes = 16'384;
    std::size_t max_body_bytes = 16'777'216;
    std::chrono::milliseconds header_timeout{10'000};
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::string api_keys;                 ///< `key,key`. Empty, as the file is: everybody may ask.
    std::filesystem::path api_keys_file;  ///< One key a line.

    bool wants_keys() const { return !api_keys.empty() || !api_keys_file.empty(); }
  };

  struct Redis {
    std::string host;  ///< Empty, as `socket` is: the embedded cache serves.
    std::uint16_t port = 6379;
    std::uint32_t database = 0;
    std::filesystem::path socket;
    std::string username;
    std::string password;
    bool tls = false;
    std::filesystem::path tls_ca;  ///< Empty: the system's certificates.
    std::string sentinels;         ///< `host:port,host:port`; then `host` and `port` are not used.
    std::string sentinel_master = "mymaster";
    std::string sentinel_password;
    std::chrono::milliseconds timeout{5'000};

    bool enabled() const { return !host.empty() || !socket.empty() || !sentinels.empty(); }
  };

  struct MySql {
    std::string host;  ///< Empty, as `socket` is: SQLite in `data_dir` serves.
    std::uint16_t port = 3306;
    std::string user = "chatsync";
    std::string password;
    std::string database = "chatsync";
    std::filesystem::path socket;
    std::filesystem::path ssl_ca;  ///< Set: the connection is encrypted and the server's certificate checked.
    std::chrono::milliseconds timeout{10'000};

    bool enabled() const { return !host.empty() || !socket.empty(); }
  };

  struct Sync {
    std::chrono::milliseconds interval{300'000};
    std::size_t batch_turns = 1'000;
    std::size_t connections = 2;
    std::size_t watermark = 50'000;  ///< Turns accepted since the last drain that start the next one early.
    std::chrono::milliseconds sweep_interval{300'000};
    std::size_t max_pending_turns = 2'000'000;
    std::size_t max_pending_bytes = 2'147'483'648;
    std::chrono::milliseconds max_pending_age{0};  ///< 0: no limit.
  };

  /// The model server that answers, in the form of OpenAI's API.
  struct Llm {
    std::string base_url;  ///< `http://host:port/v1`. Empty: questions are echoed.
    std::string api_key;
    std::string model;          ///< For requests that name none.
    std::string system_prompt;  ///< Goes before the questions of POST /chat.
    std::chrono::milliseconds timeout{300'000};
    std::size_t max_concurrency = 256;
    std::size_t history_turns = 10;
    std::size_t history_tokens = 8'000;
    std::filesystem::path tls_ca;  ///< Empty: the system's certificates.

    bool enabled() const { return !base_url.empty(); }
  };

  Http http;
  Llm llm;
  Redis redis;
  MySql mysql;
  Sync sync;
  bool search_index = false;  ///< Whether the store keeps a full-text index of the turns.
  std::filesystem::path data_dir = "chatsync-data";
  std::chrono::milliseconds session_ttl{86'400'000};
  std::chrono::milliseconds session_wait{30'000};  ///< For the turn before in the same session.
  std::chrono::milliseconds shutdown_timeout{30'000};
  LogLevel log_level = LogLevel::info;
};

}  // namespace chatsync

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/certificate.hpp"

namespace chatsync::test {

/// An HTTP/1.1 server in the test's own process that does what the test says: a model server that answers, is
/// slow, breaks, refuses or hangs. A thread a connection; all functions are safe from any thread.
class ScriptedUpstream {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< Names in lower case.
    std::string body;
  };

  /// A request to be answered. Each function does its part at once; what fails because the client has gone is
  /// left out in silence.
  class Exchange {
   public:
    virtual ~Exchange() = default;
    virtual const Request& request() const = 0;
    virtual void send(std::string_view bytes) = 0;  ///< Raw.
    /// Waits until the client has gone, or the upstream ends.
    virtual void hang() = 0;
    /// Ends the connection with a reset when the script is over.
    virtual void cut() = 0;

    /// A whole reply. `header_lines` are whole lines.
    void reply(int status, const std::string& body, const std::string& header_lines = {});
    void begin_stream();
    void event(std::string_view data);  ///< `data: …` as a chunk.
    void end_stream();
  };

  using Script = std::function<void(Exchange&)>;

  explicit ScriptedUpstream(std::optional<Certificate> certificate = std::nullopt);
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  /// What is done with the next request for which nothing is set down yet.
  void then(Script script);
  /// What is done with all requests that come after those.
  void always(Script script);

  std::vector<Request> requests() const;
  std::size_t connections() const { return connections_; }
  std::uint16_t port() const { return port_; }
  /// `http://127.0.0.1:…/v1`; with a certificate `https://localhost:…/v1`.
  std::string base_url() const;

 private:
  class Connection;
  struct Sockets;

  void accept();
  void serve(Connection& connection);
  Script script_for(const Request& request);

  std::unique_ptr<Sockets> sockets_;
  bool tls_ = false;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::deque<Script> scripts_;
  Script always_;
  std::list<std::shared_ptr<Connection>> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A whole reply to POST /chat/completions.
std::string completion_of(std::string_view text, std::string_view model = "scripted");

/// The data of a chunk that carries a piece of text.
std::string chunk_of(std::string_view text);

/// The data of the chunk that says why the answer ends.
std::string last_chunk(std::string_view reason = "stop");

/// Streams one piece, waits for `between`, which must outlive the script, and streams the other and the end.
ScriptedUpstream::Script two_pieces(std::string first, std::promise<void>& between, std::string second);

}  // namespace chatsync::test

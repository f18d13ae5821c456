#pragma once

#include <curl/curl.h>

#include <chrono>
#include <expected>
#include <memory>
#include <string>

namespace chatsync::test_cache {

struct HttpReply {
  long status = 0;
  std::string body;
};

/// No HTTP reply was received.
struct TransportError {
  bool sent = false;  ///< false: the request cannot have reached the server
  std::string text;
};

/// One keep-alive connection to one server. Not thread-safe: one per thread. Proxies of the
/// environment are not used, redirects not
/// followed, and a POST is sent once at most. `curl_global_init` must have run.
class HttpClient {
 public:
  /// `base_url` without a slash at its end. Throws std::runtime_error if libcurl has no handle.
  /// `key`: sent with every request, unless it is empty.
  explicit HttpClient(std::string base_url, const std::string& key = {});

  /// `path` begins with a slash and is sent as it is. Blocks for `timeout` at most.
  std::expected<HttpReply, TransportError> get(const std::string& path, std::chrono::milliseconds timeout);
  std::expected<HttpReply, TransportError> post_json(const std::string& path, const std::string& body,
                                                     std::chrono::milliseconds timeout);

 private:
  enum class Method { get, post };

  std::expected<HttpReply, TransportError> perform(const std::string& path, std::chrono::milliseconds timeout,
                                                   Method method);

  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct HeadersDeleter {
    void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
  };

  std::string base_url_;
  std::unique_ptr<CURL, HandleDeleter> handle_;
  std::unique_ptr<curl_slist, HeadersDeleter> key_headers_;  ///< Of requests without a body; may be null.
  std::unique_ptr<curl_slist, HeadersDeleter> json_headers_;
};

}  // namespace chatsync::test_cache

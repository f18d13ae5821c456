#include "test_cache/http_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace chatsync::test_cache {

namespace {

constexpr std::chrono::milliseconds kConnectTimeout{5'000};

std::size_t append_to_body(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

/// How often libcurl began to send a request. When a kept-alive connection closes before any byte
/// of the reply, libcurl sends the request again on its own; a question sent twice may count
/// twice, so a POST is stopped there.
struct Sending {
  int begun = 0;
  bool only_once = false;
};

int before_sending(void* context, char* /*server_ip*/, char* /*local_ip*/, int /*server_port*/,
                   int /*local_port*/) {
  auto& sending = *static_cast<Sending*>(context);
  if (sending.only_once && sending.begun > 0) {
    return CURL_PREREQFUNC_ABORT;
  }
  ++sending.begun;
  return CURL_PREREQFUNC_OK;
}

std::string describe(CURLcode code) {
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return "the server closed the connection without a reply";
  }
  return curl_easy_strerror(code);
}

}  // namespace

HttpClient::HttpClient(std::string base_url, const std::string& key)
    : base_url_{std::move(base_url)},
      handle_{curl_easy_init()},
      json_headers_{curl_slist_append(nullptr, "Content-Type: application/json")} {
  if (handle_ == nullptr || json_headers_ == nullptr) {
    throw std::runtime_error{"libcurl gives no handle"};
  }
  if (key.empty()) {
    return;
  }
  const std::string line = "Authorization: Bearer " + key;
  key_headers_.reset(curl_slist_append(nullptr, line.c_str()));
  if (key_headers_ == nullptr || curl_slist_append(json_headers_.get(), line.c_str()) == nullptr) {
    throw std::runtime_error{"libcurl takes no header"};
  }
}

std::expected<HttpReply, TransportError> HttpClient::get(const std::string& path,
                                                         std::chrono::milliseconds timeout) {
  curl_easy_reset(handle_.get());
  curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, key_headers_.get());
  return perform(path, timeout, Method::get);
}

std::expected<HttpReply, TransportError> HttpClient::post_json(const std::string& path,
                                                               const std::string& body,
                                                               std::chrono::milliseconds timeout) {
  CURL* const handle = handle_.get();
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, json_headers_.get());
  return perform(path, timeout, Method::post);
}

std::expected<HttpReply, TransportError> HttpClient::perform(const std::string& path,
                                                             std::chrono::milliseconds timeout,
                                                             Method method) {
  CURL* const handle = handle_.get();
  Sending sending{.begun = 0, .only_once = method == Method::post};
  HttpReply reply;
  const std::string url = base_url_ + path;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "test_cache");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(timeout, kConnectTimeout).count()));
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, before_sending);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, &sending);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_to_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &reply.body);
  if (const CURLcode code = curl_easy_perform(handle); code != CURLE_OK) {
    return std::unexpected(TransportError{.sent = sending.begun > 0, .text = describe(code)});
  }
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

}  // namespace chatsync::test_cache

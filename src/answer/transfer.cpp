#include "answer/transfer.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <utility>

namespace chatsync::answer {
namespace {

namespace asio = boost::asio;
using Kind = TransferFailure::Kind;

Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Kind::timed_out;
    case CURLE_ABORTED_BY_CALLBACK:
      return Kind::cancelled;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return Kind::untrusted;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Kind::unreachable;
    default:
      return Kind::other;
  }
}

}  // namespace

struct Transfer::State {
  State(const asio::any_io_executor& executor, CurlMulti& on, TransferRequest given)
      : multi(on),
        request(std::move(given)),
        change(executor, std::chrono::steady_clock::time_point::max()) {}
  ~State() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<State*>(self)->read_header({data, size * count});
    return size * count;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<State*>(self)->read_body({data, size * count}) ? size * count : 0;
  }

  void read_header(std::string_view line) {
    if (line != "\r\n" && line != "\n") return;
    long code = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    if (code < 200) return;
    status = static_cast<int>(code);
    change.cancel();
  }

  bool read_body(std::string_view bytes) {
    received += bytes.size();
    if (received > request.max_reply_bytes) {
      failure = TransferFailure{Kind::too_large, "its reply is too large"};
      return false;
    }
    body += bytes;
    change.cancel();
    return true;
  }

  void set_options() {
    const auto set = [&](auto option, auto value) { curl_easy_setopt(easy, option, value); };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    // Of each stream that is open; the defaults are 16 and 64 KiB.
    set(CURLOPT_BUFFERSIZE, 4096L);
    set(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_ERRORBUFFER, error.data());
    set(CURLOPT_HEADERFUNCTION, &State::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &State::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    // Rather a place on a connection that is being made than a connection more: many fit on one of HTTP/2.
    if (request.url.starts_with("https://")) set(CURLOPT_PIPEWAIT, 1L);
    if (!request.tls_ca.empty()) {
      set(CURLOPT_CAINFO, request.tls_ca.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    for (const std::string& line : request.headers) headers = curl_slist_append(headers, line.c_str());
    if (request.body) {
      // Without it, libcurl asks first whether a large body is welcome, and waits for the answer.
      headers = curl_slist_append(headers, "Expect:");
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request.body->data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    }
    set(CURLOPT_HTTPHEADER, headers);
  }

  asio::awaitable<void> wait_for_change() {
    boost::system::error_code cancelled;
    co_await change.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  void end(std::optional<TransferFailure> how) {
    ended = true;
    if (!failure) failure = std::move(how);
    change.cancel();
  }

  CurlMulti& multi;
  TransferRequest request;
  asio::steady_timer change;  ///< Cancelled whenever something has come.
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};
  int status = 0;
  std::string body;
  std::size_t received = 0;
  bool ended = false;
  std::optional<TransferFailure> failure;
};

Transfer::Transfer(const asio::any_io_executor& executor, CurlMulti& multi, TransferRequest request)
    : state_(std::make_unique<State>(executor, multi, std::move(request))) {
  state_->easy = curl_easy_init();
  if (state_->easy == nullptr) throw std::bad_alloc();
  state_->set_options();
  multi.add(state_->easy, this);
}

Transfer::~Transfer() {
  if (!state_->ended) state_->multi.remove(state_->easy);
}

asio::awaitable<void> Transfer::wait_for_head() {
  while (!has_head() && !state_->ended) co_await state_->wait_for_change();
}

asio::awaitable<void> Transfer::wait_for_body() {
  while (state_->body.empty() && !state_->ended) co_await state_->wait_for_change();
}

asio::awaitable<void> Transfer::wait_for_end() {
  while (!state_->ended) co_await state_->wait_for_change();
}

bool Transfer::has_head() const { return state_->status != 0; }
int Transfer::status() const { return state_->status; }

std::string Transfer::header(const char* name) const {
  curl_header* found = nullptr;
  const CURLHcode code = curl_easy_header(state_->easy, name, 0, CURLH_HEADER, -1, &found);
  return code == CURLHE_OK ? found->value : std::string();
}

std::string Transfer::take_body() { return std::exchange(state_->body, {}); }
bool Transfer::ended() const { return state_->ended; }
const std::optional<TransferFailure>& Transfer::failure() const { return state_->failure; }

void Transfer::cancel() {
  if (state_->ended) return;
  state_->multi.remove(state_->easy);
  state_->end(TransferFailure{Kind::cancelled, "it was cancelled"});
}

void Transfer::transfer_ended(CURLcode code) {
  if (code == CURLE_OK) return state_->end(std::nullopt);
  const std::string_view detail = state_->error.data();
  curl_off_t connected_us = 0;
  curl_easy_getinfo(state_->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  const bool never_connected = code == CURLE_OPERATION_TIMEDOUT && connected_us == 0;
  state_->end(TransferFailure{never_connected ? Kind::unreachable : kind_of(code),
                              std::string(detail.empty() ? curl_easy_strerror(code) : detail)});
}

}  // namespace chatsync::answer

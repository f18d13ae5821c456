// The event loop between libcurl and Asio. libcurl's socket callback tells for each socket which events it
// waits for; an Asio wait is kept up for each of them, and its end is handed to curl_multi_socket_action,
// which does the work, says through the callbacks what it waits for next, and leaves the transfers that are
// over in a list. libcurl owns its sockets: Asio's descriptor lets go of one before libcurl closes it, or
// puts it into its pool. Handlers that were on their way when their socket or the whole went find nothing to
// do.
#include "answer/curl_multi.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

namespace chatsync::answer {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// A socket that libcurl waits for.
struct Watch {
  Watch(const asio::any_io_executor& executor, curl_socket_t socket) : descriptor(executor, socket) {}

  asio::posix::stream_descriptor descriptor;
  int wanted = 0;  ///< CURL_POLL_IN, CURL_POLL_OUT or both.
  bool waits_to_read = false;
  bool waits_to_write = false;
  bool gone = false;
};

}  // namespace

struct CurlMulti::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& on, std::size_t idle_connections)
      : executor(on), timer(on), multi(curl_multi_init()) {
    if (multi == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(idle_connections));
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &State::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &State::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<State*>(self)->watch(socket, what);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* self) {
    static_cast<State*>(self)->set_timer(timeout_ms);
    return 0;
  }

  void watch(curl_socket_t socket, int what) {
    auto found = watches.find(socket);
    if (what == CURL_POLL_REMOVE) {
      if (found != watches.end()) let_go(found->second);
      watches.erase(socket);
      return;
    }
    if (found == watches.end()) {
      found = watches.emplace(socket, std::make_shared<Watch>(executor, socket)).first;
    }
    found->second->wanted = what;
    wait(found->second);
  }

  static void let_go(const std::shared_ptr<Watch>& watch) {
    watch->gone = true;
    watch->descriptor.release();
  }

  void wait(const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !std::exchange(watch->waits_to_read, true)) {
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   [weak = weak_from_this(), watch](const error_code& failure) {
                                     watch->waits_to_read = false;
                                     if (const auto self = weak.lock())
                                       self->ready(watch, failure, CURL_CSELECT_IN);
                                   });
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch->waits_to_write, true)) {
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                   [weak = weak_from_this(), watch](const error_code& failure) {
                                     watch->waits_to_write = false;
                                     if (const auto self = weak.lock())
                                       self->ready(watch, failure, CURL_CSELECT_OUT);
                                   });
    }
  }

  void ready(const std::shared_ptr<Watch>& watch, const error_code& failure, int event) {
    if (watch->gone) return;
    const int wanted = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
    if ((watch->wanted & wanted) == 0) return;
    act(watch->descriptor.native_handle(), failure ? CURL_CSELECT_ERR : event);
    if (!watch->gone) wait(watch);
  }

  void set_timer(long timeout_ms) {
    if (timeout_ms < 0) {
      timer.cancel();
      return;
    }
    // Also for no time at all: libcurl does not want to be called from its own callback.
    timer.expires_after(std::chrono::milliseconds(timeout_ms));
    timer.async_wait([weak = weak_from_this()](const error_code& cancelled) {
      const auto self = weak.lock();
      if (self && !cancelled) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  void act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      // The message dies with the removal of its handle.
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;
      TransferListener* const listener = transfers.at(easy);
      remove(easy);
      listener->transfer_ended(code);
    }
  }

  void remove(CURL* easy) {
    transfers.erase(easy);
    curl_multi_remove_handle(multi, easy);
  }

  void end_all() {
    while (!transfers.empty()) {
      const auto [easy, listener] = *transfers.begin();
      remove(easy);
      listener->transfer_ended(CURLE_ABORTED_BY_CALLBACK);
    }
  }

  void close() {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, nullptr);
    for (const auto& [socket, watch] : watches) let_go(watch);
    watches.clear();
    timer.cancel();
    curl_multi_cleanup(multi);
  }

  asio::any_io_executor executor;
  asio::steady_timer timer;
  CURLM* multi;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches;
  std::unordered_map<CURL*, TransferListener*> transfers;
};

CurlMulti::CurlMulti(const asio::any_io_executor& executor, std::size_t idle_connections) {
  init_curl_once();
  state_ = std::make_shared<State>(executor, idle_connections);
}

CurlMulti::~CurlMulti() { state_->close(); }

void CurlMulti::add(CURL* easy, TransferListener* listener) {
  state_->transfers.emplace(easy, listener);
  curl_multi_add_handle(state_->multi, easy);
}

void CurlMulti::remove(CURL* easy) { state_->remove(easy); }

void CurlMulti::end_all() { state_->end_all(); }

}  // namespace chatsync::answer

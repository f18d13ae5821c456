#include "http/completion_events.hpp"

#include <string_view>
#include <utility>

#include "http/http_error.hpp"

namespace chatsync::http {
namespace {

using Kind = service::LiveAnswer::Step::Kind;

void append_event(std::string& out, std::string_view data) {
  for (;;) {
    const std::size_t end = data.find('\n');
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  out += '\n';
}

}  // namespace

CompletionEvents::CompletionEvents(std::shared_ptr<service::LiveAnswer> answer, const Clock& clock)
    : answer_(std::move(answer)), clock_(clock) {}

CompletionEvents::~CompletionEvents() { answer_->leave(); }

AsyncResult<bool> CompletionEvents::append_next(std::string* out) {
  // What has come meanwhile goes along in one piece.
  do {
    service::LiveAnswer::Step step = co_await answer_->next(clock_.steady_now() + kHeartbeat);
    switch (step.kind) {
      case Kind::event:
        append_event(*out, step.data);
        break;
      case Kind::waiting:
        *out += kSignOfLife;
        break;
      case Kind::whole:
        append_event(*out, "[DONE]");
        co_return false;
      case Kind::broken:
        // Before anything is sent, the status can tell it.
        if (!std::exchange(begun_, true)) co_return std::unexpected(std::move(*step.failure));
        std::string error;
        append_error_body(error, to_http_error(std::move(*step.failure)));
        append_event(*out, error);
        co_return false;
    }
    begun_ = true;
  } while (answer_->has_next());
  co_return true;
}

}  // namespace chatsync::http

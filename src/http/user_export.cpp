#include "http/user_export.hpp"

#include <algorithm>
#include <utility>

#include "chat/turn_extras.hpp"
#include "http/extras_lines.hpp"
#include "http/json_text.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::http {
namespace {

constexpr std::size_t kSessionsAtOnce = 500;
constexpr std::size_t kLettersAtOnce = 16;
constexpr std::size_t kFirstPageTurns = 4;
constexpr std::size_t kMaxPageTurns = 64;

/// How many turns of the size just seen make up a piece.
std::size_t next_page_turns(std::size_t turns, std::size_t bytes) {
  return std::clamp<std::size_t>(turns * UserExport::kPieceBytes / std::max<std::size_t>(bytes, 1), 1,
                                 kMaxPageTurns);
}

}  // namespace

UserExport::UserExport(service::ChatService& chat, service::ConversationExtras* extras, std::string user_id)
    : chat_(chat), extras_(extras), user_id_(std::move(user_id)) {}

AsyncResult<bool> UserExport::append_next(std::string* out) {
  const std::size_t begin = out->size();
  while (out->size() - begin < kPieceBytes) {
    if (open_session_) {
      const Result<void> appended = co_await (last_letter_id_ ? append_letters(out) : append_turns(out));
      if (!appended) co_return std::unexpected(appended.error());
    } else if (!sessions_.empty()) {
      const Result<void> opened = co_await open_session(out);
      if (!opened) co_return std::unexpected(opened.error());
    } else if (more_sessions_) {
      const Result<void> read = co_await next_sessions();
      if (!read) co_return std::unexpected(read.error());
    } else {
      append_number(*out, R"({"type":"end","sessions":)", session_count_);
      append_number(*out, R"(,"turns":)", turn_count_);
      append_number(*out, R"(,"dead_letters":)", letter_count_);
      *out += "}\n";
      co_return false;
    }
  }
  co_return true;
}

AsyncResult<void> UserExport::open_session(std::string* out) {
  Session& session = sessions_.back();
  std::string opening = R"({"type":"session",)";
  if (extras_ != nullptr) {
    Result<SessionDescription> description = co_await extras_->description(session.session_id);
    if (!description) co_return failure_of(std::move(description));
    if (!description->title.empty()) session.title = std::move(description->title);
    if (!description->metadata.empty()) opening += R"("metadata":)" + description->metadata + ",";
  }
  append_session(*out, session, opening);
  *out += '\n';
  open_session_ = session.session_id;
  last_timestamp_us_ = 0;
  page_turns_ = kFirstPageTurns;
  sessions_.pop_back();
  ++session_count_;
  co_return Result<void>();
}

AsyncResult<void> UserExport::next_sessions() {
  Result<service::SessionList> list =
      co_await chat_.sessions_by_id(user_id_, last_session_id_, kSessionsAtOnce);
  if (!list) co_return failure_of(std::move(list));
  more_sessions_ = list->has_more;
  sessions_ = std::move(list->sessions);
  if (!sessions_.empty()) last_session_id_ = sessions_.back().session_id;
  std::ranges::reverse(sessions_);
  co_return Result<void>();
}

AsyncResult<void> UserExport::append_turns(std::string* out) {
  const TurnPage page{.limit = page_turns_, .after_us = last_timestamp_us_};
  Result<service::MessageList> list = co_await chat_.messages(*open_session_, page);
  // A session that is erased meanwhile has no more turns.
  if (!list && list.error().kind == ErrorKind::not_found) list = service::MessageList{};
  if (!list) co_return failure_of(std::move(list));
  if (list->partial) {
    co_return fail(ErrorKind::unavailable, "the cache cannot be asked for turns that are not synced yet");
  }
  Result<std::vector<TurnExtras>> extras;
  if (extras_ != nullptr) extras = co_await extras_->of_turns(*open_session_, list->turns);
  if (!extras) co_return failure_of(std::move(extras));
  const std::size_t begin = out->size();
  for (const Turn& turn : list->turns) {
    append_text(*out, R"({"type":"turn","session_id":)", *open_session_);
    append_message(*out, turn, ",");
    *out += '\n';
    const TurnExtras* own = find_extras(*extras, turn.turn_id);
    if (own != nullptr) append_extras_lines(*out, *open_session_, *own);
  }
  turn_count_ += static_cast<std::int64_t>(list->turns.size());
  if (!list->turns.empty()) {
    last_timestamp_us_ = list->turns.back().timestamp_us;
    page_turns_ = next_page_turns(list->turns.size(), out->size() - begin);
  }
  if (!list->has_more) last_letter_id_ = 0;
  co_return Result<void>();
}

AsyncResult<void> UserExport::append_letters(std::string* out) {
  Result<std::vector<StoredLetter>> letters =
      co_await chat_.dead_letters_of(*open_session_, *last_letter_id_, kLettersAtOnce);
  if (!letters) co_return failure_of(std::move(letters));
  for (const StoredLetter& stored : *letters) {
    append_text(*out, R"({"type":"dead_letter","session_id":)", *open_session_);
    append_text(*out, R"(,"error_code":)", stored.letter.error_code);
    append_text(*out, R"(,"reason":)", stored.letter.reason);
    append_text(*out, R"(,"payload":)", stored.letter.payload);
    *out += "}\n";
  }
  letter_count_ += static_cast<std::int64_t>(letters->size());
  if (letters->size() == kLettersAtOnce) {
    last_letter_id_ = letters->back().id;
  } else {
    last_letter_id_.reset();
    open_session_.reset();
  }
  co_return Result<void>();
}

}  // namespace chatsync::http

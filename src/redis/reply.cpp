#include "redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <charconv>
#include <new>

namespace chatsync::redis {

namespace {

struct ReaderFree {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

}  // namespace

bool ReplyView::is_nil() const { return reply_ == nullptr || reply_->type == REDIS_REPLY_NIL; }
bool ReplyView::is_error() const { return reply_ != nullptr && reply_->type == REDIS_REPLY_ERROR; }
bool ReplyView::is_array() const { return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY; }

std::optional<std::string_view> ReplyView::text() const {
  if (reply_ == nullptr || reply_->str == nullptr) return std::nullopt;
  return std::string_view(reply_->str, reply_->len);
}

std::optional<std::int64_t> ReplyView::integer() const {
  if (reply_ == nullptr) return std::nullopt;
  if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
  if (reply_->type != REDIS_REPLY_STRING) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = reply_->str + reply_->len;
  const auto [stopped, error] = std::from_chars(reply_->str, end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::size_t ReplyView::size() const { return is_array() ? reply_->elements : 0; }

ReplyView ReplyView::operator[](std::size_t index) const {
  return index < size() ? ReplyView(reply_->element[index]) : ReplyView();
}

namespace {

/// What a server answers to each command of a transaction: of these one object is enough.
redisReply* queued() {
  static char text[] = "QUEUED";
  static redisReply reply{.type = REDIS_REPLY_STATUS, .len = sizeof text - 1, .str = text};
  return &reply;
}

const redisReplyObjectFunctions* plain_functions() {
  static const redisReplyObjectFunctions functions =
      *std::unique_ptr<redisReader, ReaderFree>(redisReaderCreate())->fn;
  return &functions;
}

void* create_string(const redisReadTask* task, char* text, std::size_t length) {
  const bool is_queued = task->parent == nullptr && task->type == REDIS_REPLY_STATUS &&
                         std::string_view(text, length) == ReplyView(queued()).text();
  return is_queued ? queued() : plain_functions()->createString(task, text, length);
}

void free_reply(void* reply) {
  if (reply != queued()) freeReplyObject(reply);
}

redisReader* make_reader() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions sparing = *plain_functions();
    sparing.createString = create_string;
    sparing.freeObject = free_reply;
    return sparing;
  }();
  return redisReaderCreateWithFunctions(&functions);
}

}  // namespace

void Reply::Free::operator()(redisReply* reply) const { free_reply(reply); }

ReplyReader::ReplyReader() : reader_(make_reader()) {
  if (!reader_) throw std::bad_alloc();
}

void ReplyReader::feed(std::string_view bytes) { redisReaderFeed(reader_.get(), bytes.data(), bytes.size()); }

std::optional<Reply> ReplyReader::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK || reply == nullptr) return std::nullopt;
  return Reply(static_cast<redisReply*>(reply));
}

std::string_view ReplyReader::broken() const {
  return reader_->err == 0 ? std::string_view() : std::string_view(reader_->errstr);
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

}  // namespace chatsync::redis

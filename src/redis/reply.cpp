#include "redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <charconv>
#include <new>

#include "redis/reply_objects.hpp"

namespace chatsync::redis {

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

void ReplyReader::Free::operator()(redisReader* reader) const { free_reader(reader); }

}  // namespace chatsync::redis

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct redisReply;
struct redisReader;

namespace chatsync::redis {

/// A look at a reply of Redis, or at an element of one. Valid as long as the Reply it comes from. A default
/// made one is nil. Asking for what the reply is not gives nothing, zero or nil: what a foreign program
/// left in Redis may have any shape.
class ReplyView {
 public:
  ReplyView() = default;
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}

  bool is_nil() const;
  bool is_error() const;
  bool is_array() const;

  /// The bytes of a string, a status or an error.
  std::optional<std::string_view> text() const;
  std::string_view text_or(std::string_view fallback) const { return text().value_or(fallback); }

  /// An integer reply, or a string that is one.
  std::optional<std::int64_t> integer() const;
  std::int64_t integer_or(std::int64_t fallback) const { return integer().value_or(fallback); }

  std::size_t size() const;
  ReplyView operator[](std::size_t index) const;

 private:
  const redisReply* reply_ = nullptr;
};

/// Owns a reply. A default made one is nil.
class Reply {
 public:
  Reply() = default;
  explicit Reply(redisReply* reply) : reply_(reply) {}

  ReplyView view() const { return ReplyView(reply_.get()); }
  ReplyView operator[](std::size_t index) const { return view()[index]; }

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

/// The replies to the commands of one request, in their order. Error replies are among them.
using Replies = std::vector<Reply>;

/// Cuts a stream of bytes into replies (hiredis' reader).
class ReplyReader {
 public:
  ReplyReader();

  void feed(std::string_view bytes);

  /// The next whole reply; nothing if more bytes are needed, or if the stream is broken (see broken()).
  std::optional<Reply> next();

  /// Not empty once the bytes are not the Redis protocol: why.
  std::string_view broken() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace chatsync::redis

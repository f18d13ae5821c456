#include "support/resp_client.hpp"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <stdexcept>

namespace chatsync::test {
namespace {

constexpr timeval kTimeout{.tv_sec = 30, .tv_usec = 0};

RespValue value_of(const redisReply& reply) {
  using Kind = RespValue::Kind;
  RespValue value;
  switch (reply.type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
    case REDIS_REPLY_STRING:
      value.kind = reply.type == REDIS_REPLY_STATUS  ? Kind::status
                   : reply.type == REDIS_REPLY_ERROR ? Kind::error
                                                     : Kind::string;
      value.text.assign(reply.str, static_cast<std::size_t>(reply.len));
      break;
    case REDIS_REPLY_INTEGER:
      value.kind = Kind::integer;
      value.integer = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      value.kind = Kind::array;
      for (std::size_t i = 0; i < reply.elements; ++i) value.array.push_back(value_of(*reply.element[i]));
      break;
    default:
      break;
  }
  return value;
}

}  // namespace

void RespClient::Closer::operator()(redisContext* context) const { redisFree(context); }

RespClient::RespClient(redisContext* context) : context_(context) {
  if (!context_) throw std::runtime_error("hiredis: out of memory");
  if (context_->err != 0) throw std::runtime_error(std::string("redis: ") + context_->errstr);
  redisSetTimeout(context_.get(), kTimeout);
}

RespClient::RespClient(const std::string& host, std::uint16_t port)
    : RespClient(redisConnectWithTimeout(host.c_str(), port, kTimeout)) {}
RespClient::RespClient(const std::filesystem::path& socket)
    : RespClient(redisConnectUnixWithTimeout(socket.c_str(), kTimeout)) {}
RespClient::~RespClient() = default;
RespClient::RespClient(RespClient&&) noexcept = default;

RespValue RespClient::try_command(const std::vector<std::string>& arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto& argument : arguments) {
    texts.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  void* raw = redisCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(), lengths.data());
  if (raw == nullptr) throw std::runtime_error(std::string("redis: ") + context_->errstr);
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(static_cast<redisReply*>(raw),
                                                                      &freeReplyObject);
  return value_of(*reply);
}

RespValue RespClient::command(const std::vector<std::string>& arguments) {
  RespValue value = try_command(arguments);
  if (value.kind == RespValue::Kind::error) throw std::runtime_error(arguments.front() + ": " + value.text);
  return value;
}

std::optional<std::string> RespClient::get(const std::string& key) {
  RespValue value = command({"GET", key});
  if (value.kind == RespValue::Kind::nil) return std::nullopt;
  return std::move(value.text);
}

void RespClient::set(const std::string& key, const std::string& value) { command({"SET", key, value}); }

std::string RespClient::content(const std::string& key) {
  if (command({"TYPE", key}).text != "set") return command({"DUMP", key}).text;
  std::vector<std::string> members = strings({"SMEMBERS", key});
  std::ranges::sort(members);
  std::string text = "set";
  for (const std::string& member : members) text += ' ' + member;
  return text;
}

std::int64_t RespClient::integer(const std::vector<std::string>& arguments) {
  return command(arguments).integer;
}

std::vector<std::string> RespClient::strings(const std::vector<std::string>& arguments) {
  std::vector<std::string> texts;
  for (auto& element : command(arguments).array) texts.push_back(std::move(element.text));
  return texts;
}

std::map<std::string, std::string> RespClient::hash(const std::string& key) {
  const std::vector<std::string> flat = strings({"HGETALL", key});
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) fields[flat[i]] = flat[i + 1];
  return fields;
}

std::vector<std::string> RespClient::keys(const std::string& pattern) {
  std::vector<std::string> names = strings({"KEYS", pattern});
  std::ranges::sort(names);
  return names;
}

}  // namespace chatsync::test

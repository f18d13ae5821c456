#include "http/body_fields.hpp"

#include <string>
#include <utility>

#include "chat/ids.hpp"
#include "http/json_object.hpp"
#include "http/turn_terms.hpp"

namespace chatsync::http {
namespace {

using Type = JsonMember::Type;

constexpr std::size_t kMaxTitleBytes = 1024;

std::unexpected<Error> expected(const JsonMember& member, std::string what) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", member.name);
}

std::unexpected<Error> unknown_field(const JsonMember& member) {
  return fail(ErrorKind::invalid_argument, "the field is unknown here", "unknown_field", member.name);
}

Result<std::string> session_id(JsonMember& member) {
  if (member.type == Type::string && is_session_id(member.text)) return std::move(member.text);
  return expected(member, "a string of [A-Za-z0-9._-]{1,64}");
}

Result<std::string> user_id(JsonMember& member) {
  const bool of_type = member.type == Type::string || member.type == Type::integer;
  if (of_type && is_user_id(member.text)) return std::move(member.text);
  return expected(member, "an integer or a string of [A-Za-z0-9._:@+-]{1,128}");
}

Result<std::string> message(JsonMember& member) {
  if (member.type == Type::string && !member.text.empty()) return std::move(member.text);
  return expected(member, "a string that is not empty");
}

Result<std::string> title(JsonMember& member) {
  if (member.type == Type::string && member.text.size() <= kMaxTitleBytes) return std::move(member.text);
  return expected(member, "a string of at most 1024 bytes");
}

Result<service::Durability> durability(const JsonMember& member) {
  if (member.type == Type::string && member.text == "cached") return service::Durability::cached;
  if (member.type == Type::string && member.text == "synced") return service::Durability::synced;
  return expected(member, R"("cached" or "synced")");
}

Result<service::OnBusy> on_busy(const JsonMember& member) {
  if (member.type == Type::string) {
    if (const auto value = on_busy_from(member.text)) return *value;
  }
  return expected(member, R"("enqueue" or "reject")");
}

Result<bool> stream(const JsonMember& member) {
  if (member.type != Type::boolean) return expected(member, "a boolean");
  return member.boolean;
}

/// Stores a value that was read, or hands its failure on.
template <class Value, class Place>
Result<void> put(Result<Value> value, Place& place) {
  if (!value) return failure_of(std::move(value));
  place = std::move(*value);
  return {};
}

Result<void> read_chat_field(JsonMember& member, service::ChatRequest& request) {
  if (member.name == "message") return put(message(member), request.message);
  if (member.name == "session_id") return put(session_id(member), request.session_id);
  if (member.name == "user_id") return put(user_id(member), request.user_id);
  if (member.name == "durability") return put(durability(member), request.durability);
  if (member.name == "on_busy") return put(on_busy(member), request.terms.on_busy);
  if (member.name == "stream") return put(stream(member), request.stream);
  return unknown_field(member);
}

Result<void> read_session_field(JsonMember& member, service::NewSession& request) {
  if (member.name == "session_id") return put(session_id(member), request.session_id);
  if (member.name == "user_id") return put(user_id(member), request.user_id);
  if (member.name == "title") return put(title(member), request.title);
  return unknown_field(member);
}

/// Reads each member of `body` with `read_field` into a request.
template <class Request>
Result<Request> read_fields(std::string_view body, Result<void> (*read_field)(JsonMember&, Request&)) {
  auto members = parse_json_object(body);
  if (!members) return failure_of(std::move(members));
  Request request;
  for (JsonMember& member : *members) {
    if (auto read = read_field(member, request); !read) return failure_of(std::move(read));
  }
  return request;
}

}  // namespace

Result<service::ChatRequest> parse_chat_request(std::string_view body) {
  auto request = read_fields<service::ChatRequest>(body, read_chat_field);
  if (request && request->message.empty()) {
    return fail(ErrorKind::invalid_argument, "the field is required: a string that is not empty",
                "missing_field", "message");
  }
  return request;
}

Result<service::NewSession> parse_new_session(std::string_view body) {
  return read_fields<service::NewSession>(body, read_session_field);
}

}  // namespace chatsync::http

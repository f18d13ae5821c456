#include "test_cache/api_json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "test_cache/terminal.hpp"

namespace chatsync::test_cache {

namespace {

namespace json = boost::json;

/// Reads fields of one object and throws FieldError for what is absent or of another type; the
/// decoders below turn that into their error value.
struct FieldError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    throw FieldError{fmt::format("the reply has no text '{}'", name)};
  }
  return json::value_to<std::string>(*value);
}

bool is_absent(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value == nullptr || value->is_null();
}

std::int64_t whole_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) {
    throw FieldError{fmt::format("the reply has no whole number '{}'", name)};
  }
  return value->get_int64();
}

std::optional<std::int64_t> optional_whole(const json::object& object, std::string_view name) {
  if (is_absent(object, name)) {
    return std::nullopt;
  }
  return whole_of(object, name);
}

std::optional<std::string> optional_text(const json::object& object, std::string_view name) {
  if (is_absent(object, name)) {
    return std::nullopt;
  }
  return text_of(object, name);
}

const json::object& object_of(const json::value& value) {
  if (!value.is_object()) {
    throw FieldError{"the reply is not a JSON object"};
  }
  return value.get_object();
}

template <typename Read>
auto decode(std::string_view body, Read read)
    -> std::expected<decltype(read(std::declval<const json::object&>())), std::string> {
  json::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error);
  if (error) {
    return std::unexpected("the reply is not JSON");
  }
  try {
    return read(object_of(document));
  } catch (const FieldError& field_error) {
    return std::unexpected(field_error.what());
  }
}

/// A JSON integer if the id is one in its shortest form, else a string.
json::value user_value(std::string_view user_id) {
  std::int64_t number = 0;
  const char* const begin = user_id.data();
  const char* const end = begin + user_id.size();
  const auto [stopped_at, error] = std::from_chars(begin, end, number);
  if (error == std::errc{} && stopped_at == end && fmt::to_string(number) == user_id) {
    return number;
  }
  return json::string{user_id};
}

}  // namespace

std::string encode_chat_request(const std::optional<std::string>& session_id, std::string_view user_id,
                                std::string_view message) {
  json::object request;
  if (session_id) {
    request["session_id"] = *session_id;
  }
  request["user_id"] = user_value(user_id);
  request["message"] = json::string{message};
  return json::serialize(request);
}

std::expected<ChatReply, std::string> decode_chat_reply(std::string_view body) {
  return decode(body, [](const json::object& reply) {
    return ChatReply{.session_id = text_of(reply, "session_id"),
                     .turn_id = text_of(reply, "turn_id"),
                     .question_count = whole_of(reply, "question_count"),
                     .answer = text_of(reply, "answer")};
  });
}

std::expected<std::vector<HistoryTurn>, std::string> decode_messages(std::string_view body) {
  return decode(body, [](const json::object& reply) {
    const json::value* const messages = reply.if_contains("messages");
    if (messages == nullptr || !messages->is_array()) {
      throw FieldError{"the reply has no list 'messages'"};
    }
    std::vector<HistoryTurn> turns;
    for (const json::value& element : messages->get_array()) {
      const json::object& message = object_of(element);
      turns.push_back({.turn_id = text_of(message, "turn_id"),
                       .seq = optional_whole(message, "seq"),
                       .question = text_of(message, "question"),
                       .answer = text_of(message, "answer")});
    }
    return turns;
  });
}

std::expected<SessionStats, std::string> decode_stats(std::string_view body) {
  return decode(body, [](const json::object& reply) {
    return SessionStats{.session_id = text_of(reply, "session_id"),
                        .user_id = text_of(reply, "user_id"),
                        .question_count = whole_of(reply, "question_count"),
                        .question_count_cache = optional_whole(reply, "question_count_cache"),
                        .question_count_store = optional_whole(reply, "question_count_store"),
                        .pending = whole_of(reply, "pending"),
                        .synced = whole_of(reply, "synced"),
                        .history_length = whole_of(reply, "history_length"),
                        .last_activity = optional_text(reply, "last_activity")};
  });
}

std::expected<SyncReply, std::string> decode_sync_reply(std::string_view body) {
  return decode(body, [](const json::object& reply) {
    return SyncReply{.message = text_of(reply, "message"),
                     .synced = optional_whole(reply, "synced"),
                     .dead_lettered = optional_whole(reply, "dead_lettered").value_or(0)};
  });
}

std::string describe_error(long status, std::string_view body) {
  const auto described = decode(body, [status](const json::object& reply) {
    const json::value* const value = reply.if_contains("error");
    if (value == nullptr) {
      throw FieldError{"the reply has no 'error'"};
    }
    const json::object& error = object_of(*value);
    const auto pending = optional_whole(error, "pending");
    const std::string waiting = pending ? fmt::format(" ({} turns wait)", *pending) : std::string{};
    return fmt::format("{} {}: {}{}", status, text_of(error, "code"), text_of(error, "message"), waiting);
  });
  return one_line(described.value_or(fmt::format("{} without a described error", status)));
}

}  // namespace chatsync::test_cache

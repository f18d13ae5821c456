#include "http/json_text.hpp"

#include <fmt/format.h>

#include "chat/turn_json.hpp"

namespace chatsync::http {

void append_number(std::string& out, std::string_view key, std::int64_t value) {
  out += key;
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

void append_number(std::string& out, std::string_view key, std::optional<std::int64_t> value) {
  if (value) return append_number(out, key, *value);
  out += key;
  out += "null";
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  append_json_string(out, value);
}

void append_time(std::string& out, std::string_view key, std::optional<std::int64_t> timestamp_us) {
  out += key;
  if (!timestamp_us) {
    out += "null";
    return;
  }
  out += '"';
  append_iso8601(out, *timestamp_us);
  out += '"';
}

void append_partial(std::string& out, bool partial) {
  if (partial) out += R"(,"partial":true)";
}

void append_session(std::string& out, const Session& session, std::string_view opening) {
  out += opening;
  append_text(out, R"("session_id":)", session.session_id);
  append_text(out, R"(,"user_id":)", session.user_id);
  append_text(out, R"(,"title":)", session.title);
  append_number(out, R"(,"question_count":)", session.question_count);
  append_time(out, R"(,"created_at":)", session.created_at_us);
  append_time(out, R"(,"updated_at":)", session.updated_at_us);
  out += '}';
}

void append_message(std::string& out, const Turn& turn, std::string_view opening) {
  out += opening;
  append_text(out, R"("turn_id":)", turn.turn_id);
  append_number(out, R"(,"seq":)", turn.seq);
  append_number(out, R"(,"timestamp":)", turn.timestamp_us);
  append_time(out, R"(,"created_at":)", turn.timestamp_us);
  append_text(out, R"(,"user_id":)", turn.user_id);
  append_text(out, R"(,"question":)", turn.question);
  append_text(out, R"(,"answer":)", turn.answer);
  append_text(out, R"(,"status":)", to_string(turn.status));
  append_text(out, R"(,"model":)", turn.model);
  if (!turn.details.empty()) {
    out += R"(,"details":)";
    out += turn.details;
  }
  out += '}';
}

}  // namespace chatsync::http

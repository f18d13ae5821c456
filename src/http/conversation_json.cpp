#include "http/conversation_json.hpp"

#include "http/json_text.hpp"

namespace chatsync::http {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

}  // namespace

void append_conversation(std::string& out, const service::Conversation& conversation) {
  const Session& session = conversation.session;
  append_text(out, R"({"id":)", session.session_id);
  append_number(out, R"(,"object":"conversation","created_at":)", session.created_at_us / kSecond);
  out += R"(,"metadata":)";
  out += conversation.metadata.empty() ? "{}" : conversation.metadata;
  append_text(out, R"(,"title":)", session.title);
  append_number(out, R"(,"question_count":)", session.question_count);
  append_text(out, R"(,"user":)", session.user_id);
  append_number(out, R"(,"updated_at":)", session.updated_at_us / kSecond);
  out += '}';
}

}  // namespace chatsync::http

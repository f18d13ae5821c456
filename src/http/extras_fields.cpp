#include "http/extras_fields.hpp"

#include <utility>
#include <vector>

#include "chat/ids.hpp"
#include "http/json_object.hpp"

namespace chatsync::http {
namespace {

using Type = JsonMember::Type;

constexpr std::size_t kMaxCommentBytes = 16'384;

std::unexpected<Error> expected(const JsonMember& member, std::string what) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", member.name);
}

std::unexpected<Error> unknown_field(const JsonMember& member) {
  return fail(ErrorKind::invalid_argument, "the field is unknown here", "unknown_field", member.name);
}

/// 0: none.
Result<int> rating(const JsonMember& member) {
  if (member.type == Type::null) return 0;
  if (member.type == Type::string && member.text == "up") return 1;
  if (member.type == Type::string && member.text == "down") return -1;
  if (member.type == Type::integer && member.text == "1") return 1;
  if (member.type == Type::integer && member.text == "-1") return -1;
  return expected(member, R"("up", "down", 1, -1 or null)");
}

}  // namespace

Result<std::optional<ItemFeedback>> parse_feedback(std::string_view body) {
  auto members = parse_json_object(body);
  if (!members) return failure_of(std::move(members));
  ItemFeedback feedback;
  bool has_rating = false;
  for (JsonMember& member : *members) {
    if (member.name == "rating") {
      const Result<int> read = rating(member);
      if (!read) return std::unexpected(read.error());
      feedback.rating = *read;
      has_rating = true;
    } else if (member.name == "comment") {
      if (member.type != Type::string || member.text.size() > kMaxCommentBytes) {
        return expected(member, "a string of at most 16384 bytes");
      }
      feedback.comment = std::move(member.text);
    } else if (member.name == "user") {
      const bool of_type = member.type == Type::string || member.type == Type::integer;
      if (!of_type || !is_user_id(member.text)) return expected(member, "[A-Za-z0-9._:@+-]{1,128}");
      feedback.given_by = std::move(member.text);
    } else {
      return unknown_field(member);
    }
  }
  if (!has_rating) {
    return fail(ErrorKind::invalid_argument, "the field is required: \"up\", \"down\" or null",
                "missing_field", "rating");
  }
  if (feedback.rating == 0) return std::nullopt;
  return feedback;
}

Result<RegenerateRequest> parse_regenerate_request(std::string_view body) {
  RegenerateRequest request;
  if (body.empty()) return request;
  auto members = parse_json_object(body);
  if (!members) return failure_of(std::move(members));
  for (JsonMember& member : *members) {
    if (member.name == "stream" && member.type == Type::boolean && !member.boolean) continue;
    if (member.name == "stream") {
      return fail(ErrorKind::invalid_argument, "streaming is not available with this endpoint: leave it out",
                  "unsupported_value", member.name);
    }
    if (member.name != "model" && member.name != "instructions") return unknown_field(member);
    if (member.type != Type::string) return expected(member, "a string");
    (member.name == "model" ? request.model : request.instructions) = std::move(member.text);
  }
  return request;
}

}  // namespace chatsync::http

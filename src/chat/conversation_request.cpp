#include "chat/conversation_request.hpp"

#include <algorithm>
#include <utility>

#include "chat/completion_message.hpp"
#include "chat/ids.hpp"
#include "chat/json_spans.hpp"
#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

using Members = std::vector<JsonMemberSpan>;

constexpr std::size_t kMaxItems = 20;
constexpr std::size_t kMaxTitleBytes = 1024;
constexpr std::size_t kMaxPairs = 16;
constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::size_t kMaxValueBytes = 512;

std::unexpected<Error> expected(std::string what, std::string param) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", std::move(param));
}

Result<Members> read_object(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return Members();
  if (!is_utf8(body) || !parse_json(body)) {
    return fail(ErrorKind::invalid_argument, "the body is not valid JSON in UTF-8", "invalid_json");
  }
  if (body[body.find_first_not_of(" \t\r\n")] != '{') {
    return fail(ErrorKind::invalid_argument, "the body must be a JSON object", "invalid_json");
  }
  return members_of(body);
}

Result<std::vector<ItemTurn>> read_item_turns(std::string_view value) {
  if (!value.starts_with('[')) return expected("a list of items", "items");
  if (elements_of(value).size() > kMaxItems) return expected("at most 20 items", "items");
  const Result<std::vector<Item>> items = read_items(value, "items");
  if (!items) return std::unexpected(items.error());
  const auto reference = std::ranges::find(*items, "item_reference", &Item::type);
  if (reference != items->end()) return expected("items themselves, not references", "items");
  return turns_of_items(*items);
}

Result<std::string> read_metadata(std::string_view value) {
  const auto bad = [] {
    return expected("an object of at most 16 strings of 512 bytes, named by 64 bytes at most", "metadata");
  };
  const Members members = members_of(value);
  if (!value.starts_with('{') || members.size() > kMaxPairs) return bad();
  for (const JsonMemberSpan& member : members) {
    const bool is_text = member.value.starts_with('"');
    if (!is_text || member.name.size() > kMaxKeyBytes || text_of(member.value).size() > kMaxValueBytes) {
      return bad();
    }
  }
  return std::string(value);
}

Result<std::string> read_title(std::string_view value) {
  std::string title = text_of(value);
  if (title.empty() || title.size() > kMaxTitleBytes) {
    return expected("a string of at most 1024 bytes that is not empty", "title");
  }
  return title;
}

std::unexpected<Error> unknown_field(const JsonMemberSpan& member) {
  return fail(ErrorKind::invalid_argument, "the field is unknown here", "unknown_field", member.name);
}

/// Stores a value that was read, or hands its failure on.
template <class Value, class Place>
Result<void> put(Result<Value> value, Place& place) {
  if (!value) return failure_of(std::move(value));
  place = std::move(*value);
  return {};
}

}  // namespace

Result<ConversationRequest> read_conversation_request(std::string_view body) {
  const Result<Members> members = read_object(body);
  if (!members) return std::unexpected(members.error());
  ConversationRequest request;
  for (const JsonMemberSpan& member : *members) {
    if (member.value == "null") continue;
    Result<void> read;
    if (member.name == "items") {
      const bool none = member.value.starts_with('[') && elements_of(member.value).empty();
      if (!none) read = put(read_item_turns(member.value), request.turns);
    } else if (member.name == "metadata") {
      read = put(read_metadata(member.value), request.metadata);
    } else if (member.name == "title") {
      read = put(read_title(member.value), request.title);
    } else if (member.name == "user") {
      request.user = text_of(member.value);
      if (!is_user_id(request.user)) return expected("a string of [A-Za-z0-9._:@+-]{1,128}", "user");
    } else {
      return unknown_field(member);
    }
    if (!read) return failure_of(std::move(read));
  }
  return request;
}

Result<std::vector<ItemTurn>> read_items_request(std::string_view body) {
  const Result<Members> members = read_object(body);
  if (!members) return std::unexpected(members.error());
  for (const JsonMemberSpan& member : *members) {
    if (member.name != "items") return unknown_field(member);
  }
  return read_item_turns(value_of(*members, "items"));
}

Result<ConversationUpdate> read_conversation_update(std::string_view body) {
  const Result<Members> members = read_object(body);
  if (!members) return std::unexpected(members.error());
  ConversationUpdate update;
  for (const JsonMemberSpan& member : *members) {
    if (member.value == "null") continue;
    Result<void> read;
    if (member.name == "metadata") {
      read = put(read_metadata(member.value), update.metadata);
    } else if (member.name == "title") {
      read = put(read_title(member.value), update.title);
    } else {
      return unknown_field(member);
    }
    if (!read) return failure_of(std::move(read));
  }
  if (!update.title && !update.metadata) {
    return fail(ErrorKind::invalid_argument, "the field is required: an object", "missing_field", "metadata");
  }
  return update;
}

}  // namespace chatsync

#include "http/query_fields.hpp"

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "chat/ids.hpp"
#include "chat/search_words.hpp"
#include "chat/turn_json.hpp"

namespace chatsync::http {
namespace {

constexpr std::size_t kMaxLimit = 200;

std::unexpected<Error> expected(std::string_view name, std::string what) {
  return fail(ErrorKind::invalid_argument, "expected " + std::move(what), "invalid_value", std::string(name));
}

template <std::integral Integer>
bool read_integer(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> read_limit(const Arguments& arguments, std::size_t& limit) {
  const std::string* text = arguments.query("limit");
  if (text == nullptr) return {};
  if (read_integer(*text, limit) && limit >= 1 && limit <= kMaxLimit) return {};
  return expected("limit", "an integer from 1 to 200");
}

Result<void> read_timestamp(const Arguments& arguments, std::string_view name,
                            std::optional<std::int64_t>& timestamp_us) {
  const std::string* text = arguments.query(name);
  if (text == nullptr) return {};
  std::int64_t value = 0;
  if (!read_integer(*text, value) || value < 0) {
    return expected(name, "microseconds since the epoch, as a page's `before` or `after` gives them");
  }
  timestamp_us = value;
  return {};
}

Result<void> read_position(const Arguments& arguments, std::optional<SessionPage::Position>& after) {
  const std::string* text = arguments.query("after");
  if (text == nullptr) return {};
  const std::size_t tilde = text->find('~');
  SessionPage::Position position;
  if (tilde == std::string::npos ||
      !read_integer(std::string_view(*text).substr(0, tilde), position.updated_at_us) ||
      !is_session_id(std::string_view(*text).substr(tilde + 1))) {
    return expected("after", "the `next` of an earlier page");
  }
  position.session_id = text->substr(tilde + 1);
  after = std::move(position);
  return {};
}

}  // namespace

Result<TurnPage> parse_turn_page(const Arguments& arguments) {
  TurnPage page;
  if (auto read = read_limit(arguments, page.limit); !read) return failure_of(std::move(read));
  if (auto read = read_timestamp(arguments, "before", page.before_us); !read) {
    return failure_of(std::move(read));
  }
  if (auto read = read_timestamp(arguments, "after", page.after_us); !read) {
    return failure_of(std::move(read));
  }
  if (page.before_us && page.after_us) {
    return fail(ErrorKind::invalid_argument, "give either `before` or `after`, not both", "invalid_value",
                "before");
  }
  return page;
}

Result<SessionListRequest> parse_session_list_request(const Arguments& arguments) {
  SessionListRequest request;
  const std::string* user_id = arguments.query("user_id");
  if (user_id == nullptr) {
    return fail(ErrorKind::invalid_argument, "the query parameter is required", "missing_parameter",
                "user_id");
  }
  if (!is_user_id(*user_id)) return expected("user_id", "[A-Za-z0-9._:@+-]{1,128}");
  request.user_id = *user_id;
  if (auto read = read_limit(arguments, request.page.limit); !read) return failure_of(std::move(read));
  if (auto read = read_position(arguments, request.page.after); !read) return failure_of(std::move(read));
  return request;
}

Result<service::ItemPage> parse_item_page(const Arguments& arguments) {
  constexpr std::size_t kMaxItems = 100;
  service::ItemPage page;
  if (const std::string* text = arguments.query("limit")) {
    if (!read_integer(*text, page.limit) || page.limit < 1 || page.limit > kMaxItems) {
      return expected("limit", "an integer from 1 to 100");
    }
  }
  if (const std::string* text = arguments.query("order")) {
    if (*text != "asc" && *text != "desc") return expected("order", "asc or desc");
    page.ascending = *text == "asc";
  }
  if (const std::string* text = arguments.query("after")) page.after = *text;
  return page;
}

Result<ResponseStreamRequest> parse_response_stream_request(const Arguments& arguments) {
  ResponseStreamRequest request;
  if (const std::string* text = arguments.query("stream")) {
    if (*text != "true" && *text != "false") return expected("stream", "true or false");
    request.stream = *text == "true";
  }
  if (const std::string* text = arguments.query("starting_after")) {
    if (!read_integer(*text, request.starting_after) || request.starting_after < 0) {
      return expected("starting_after", "the sequence_number of an event");
    }
  }
  return request;
}

Result<ConversationListRequest> parse_conversation_list_request(const Arguments& arguments) {
  ConversationListRequest request;
  const std::string* user = arguments.query("user");
  if (user == nullptr) {
    return fail(ErrorKind::invalid_argument, "the query parameter is required", "missing_parameter", "user");
  }
  if (!is_user_id(*user)) return expected("user", "[A-Za-z0-9._:@+-]{1,128}");
  request.user_id = *user;
  if (auto read = read_limit(arguments, request.limit); !read) return failure_of(std::move(read));
  const std::string* order = arguments.query("order");
  if (order != nullptr && *order != "desc") {
    return expected("order", "`desc`: conversations are listed by their latest activity");
  }
  if (const std::string* after = arguments.query("after")) {
    if (!is_session_id(*after)) return expected("after", "the `last_id` of an earlier page");
    request.after = *after;
  }
  return request;
}

Result<SearchQuery> parse_search_request(const Arguments& arguments) {
  SearchQuery query;
  for (const std::string_view word : search_words(*arguments.query("q"))) query.words.emplace_back(word);
  if (query.words.empty() || !is_utf8(*arguments.query("q"))) return expected("q", "words in UTF-8");
  if (const std::string* user = arguments.query("user")) {
    if (!is_user_id(*user)) return expected("user", "[A-Za-z0-9._:@+-]{1,128}");
    query.user_id = *user;
  }
  if (const std::string* conversation = arguments.query("conversation")) {
    if (!is_session_id(*conversation)) return expected("conversation", "[A-Za-z0-9._-]{1,64}");
    query.session_id = *conversation;
  }
  if (auto read = read_limit(arguments, query.limit); !read) return failure_of(std::move(read));
  if (const std::string* after = arguments.query("after")) {
    const std::size_t tilde = after->find('~');
    SearchQuery::Position position;
    if (tilde == std::string::npos ||
        !read_integer(std::string_view(*after).substr(0, tilde), position.timestamp_us) ||
        !is_turn_id(std::string_view(*after).substr(tilde + 1))) {
      return expected("after", "the `next` of an earlier page");
    }
    position.turn_id = after->substr(tilde + 1);
    query.after = std::move(position);
  }
  return query;
}

std::string search_cursor(const Turn& last) { return std::to_string(last.timestamp_us) + '~' + last.turn_id; }

std::string session_cursor(const Session& last) {
  return std::to_string(last.updated_at_us) + '~' + last.session_id;
}

}  // namespace chatsync::http

#include "http/target.hpp"

#include <algorithm>
#include <utility>

#include "chat/turn_json.hpp"

namespace chatsync::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return is_utf8(out);
}

bool may_stand_in_target(char c) { return c > ' ' && c < '\x7f' && c != '#'; }

std::unexpected<Error> bad_target(std::string message) {
  return fail(ErrorKind::invalid_argument, std::move(message), "bad_request_target");
}

/// Cuts `http://host` off an absolute form. False if what is left is no path.
bool cut_to_path(std::string_view& text) {
  if (text.starts_with('/')) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!std::ranges::equal(text.substr(0, scheme.size()), scheme,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; })) {
      continue;
    }
    const std::size_t path = text.find_first_of("/?", scheme.size());
    if (path == scheme.size() || text.size() == scheme.size()) return false;
    text = path == std::string_view::npos ? std::string_view() : text.substr(path);
    return true;
  }
  return false;
}

Result<void> parse_path(std::string_view path, Target& target) {
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    if (target.segment_count == Target::kMaxSegments) {
      ++target.segment_count;
      return {};
    }
    if (!percent_decode(path.substr(0, slash), target.segments[target.segment_count++])) {
      return bad_target("the path of the request has a malformed percent code");
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

Result<void> parse_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    QueryArgument argument;
    if (!percent_decode(pair.substr(0, equals), argument.name) || !percent_decode(value, argument.value)) {
      return bad_target("the query of the request has a malformed percent code");
    }
    if (std::ranges::find(target.query, argument.name, &QueryArgument::name) != target.query.end()) {
      return fail(ErrorKind::invalid_argument, "the query parameter is given twice", "duplicate_parameter",
                  argument.name);
    }
    target.query.push_back(std::move(argument));
  }
  return {};
}

}  // namespace

void Target::clear() {
  segment_count = 0;
  query.clear();
  asterisk = false;
}

Result<void> parse_target(std::string_view text, Target& target) {
  target.clear();
  if (text == "*") {
    target.asterisk = true;
    return {};
  }
  if (!std::ranges::all_of(text, may_stand_in_target)) {
    return bad_target("the request target has a character that must be percent-encoded");
  }
  if (!cut_to_path(text)) return bad_target("the request target must be a path or an http URL");
  const std::size_t question = text.find('?');
  if (auto path = parse_path(text.substr(0, question), target); !path) return path;
  if (question == std::string_view::npos) return {};
  return parse_query(text.substr(question + 1), target);
}

}  // namespace chatsync::http

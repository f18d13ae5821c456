#include "support/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <iterator>

namespace chatsync::test {
namespace {

std::string text(const boost::json::object& object, const char* name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

CallOutcome outcome_of(const std::string& code) {
  // The turn stands in the cache and will be synced: as good as an acknowledgement, but without a number.
  if (code == "recorded_not_synced") return CallOutcome::acknowledged;
  const bool unknown = code.ends_with("outcome_unknown") || code == "internal_error" || code.empty();
  return unknown ? CallOutcome::unknown : CallOutcome::failed;
}

}  // namespace

void History::add(std::vector<Call> calls) {
  const std::scoped_lock lock(mutex_);
  std::ranges::move(calls, std::back_inserter(calls_));
}

std::vector<Call> History::calls() const {
  const std::scoped_lock lock(mutex_);
  return calls_;
}

void read_reply(Call& call, int status, const std::string& body) {
  boost::system::error_code broken;
  const boost::json::value value = boost::json::parse(body, broken);
  const boost::json::object reply = value.is_object() ? value.as_object() : boost::json::object();
  if (status == 200) {
    const boost::json::value* count = reply.if_contains("question_count");
    const boost::json::value* provisional = reply.if_contains("question_count_provisional");
    call.outcome = CallOutcome::acknowledged;
    call.turn_id = text(reply, "turn_id");
    call.answer = text(reply, "answer");
    call.created_at = text(reply, "created_at");
    call.durability = text(reply, "durability");
    call.question_count = count != nullptr && count->is_int64() ? count->as_int64() : 0;
    call.provisional = provisional != nullptr && provisional->is_bool() && provisional->as_bool();
    return;
  }
  const boost::json::value* error = reply.if_contains("error");
  call.code = error != nullptr && error->is_object() ? text(error->as_object(), "code") : "";
  call.outcome = outcome_of(call.code);
  call.error = fmt::format("{} {}", status, body);
}

}  // namespace chatsync::test

// The numbers of the events follow from the answer alone, so that a stream can be taken up again from the
// running answer or from the recorded turn, at any instance, however the text was cut into pieces before:
//
//   0, 1           the response is created, and in progress
//   2, 3           the message is added, and its part (if there is a text of n bytes)
//   3 + k          a piece of the text that ends at byte k
//   4 + n … 6 + n  text, part and message are done
//   from there on  whatever else there is of the answer, item by item, and the end of the response
//
// So the numbers grow, but not by one. Function calls are told when the answer is whole.
#include "chat/response_events.hpp"

#include <algorithm>
#include <utility>

#include "chat/json_spans.hpp"
#include "chat/json_writer.hpp"
#include "chat/response_object.hpp"

namespace chatsync {
namespace {

constexpr std::int64_t kTextBase = 3;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

void append_server_event(std::string& out, std::string_view name, std::string_view data) {
  out += "event: ";
  out += name;
  for (;;) {
    const std::size_t end = data.find('\n');
    out += "\ndata: ";
    out += data.substr(0, end);
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  out += "\n\n";
}

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string text_part(std::string_view text) {
  return R"({"type":"output_text","text":)" + json_of(text) + R"(,"annotations":[]})";
}

std::string of_item(std::string_view id, std::size_t index) {
  return R"(,"item_id":)" + json_of(id) + R"(,"output_index":)" + std::to_string(index);
}

std::string of_part(std::string_view id) { return of_item(id, 0) + R"(,"content_index":0)"; }

std::string with_item(const Item& item, std::string_view id, std::string_view status, std::size_t index) {
  std::string members = R"(,"output_index":)" + std::to_string(index) + R"(,"item":)";
  append_item(members, item, id, status);
  return members;
}

Item message_without_text() {
  return {.type = "message",
          .role = "assistant",
          .body = R"({"type":"message","role":"assistant","content":[]})"};
}

Item call_without_arguments(const Item& call) {
  const auto members = members_of(call.body);
  Item item{.type = call.type, .role = {}, .body = {}};
  JsonWriter(item.body)
      .text("type", call.type)
      .text("call_id", text_of(value_of(members, "call_id")))
      .text("name", text_of(value_of(members, "name")))
      .text("arguments", "")
      .end();
  return item;
}

std::string_view end_event(std::string_view status) {
  if (status == "completed") return "response.completed";
  return status == "failed" ? "response.failed" : "response.incomplete";
}

std::string response_member(const Turn& turn, std::span<const VisibleItem> items,
                            const ResponseStatus& status) {
  std::string members = R"(,"response":)";
  append_response(members, turn, items, status);
  return members;
}

}  // namespace

ResponseEvents::ResponseEvents(Turn asked, std::int64_t starting_after)
    : asked_(std::move(asked)),
      message_id_(item_id(message_without_text(), asked_.turn_id, items_of(asked_).input_count)),
      starting_after_(starting_after) {}

void ResponseEvents::append_begin(std::string& out) {
  const std::string response = response_member(asked_, {}, {.status = "in_progress"});
  append_event(out, "response.created", 0, response);
  append_event(out, "response.in_progress", 1, response);
}

void ResponseEvents::append_text(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  const Item message = message_without_text();
  const std::string& id = message_id_;
  if (text_bytes_ == 0) {
    append_event(out, "response.output_item.added", kTextBase - 1, with_item(message, id, "in_progress", 0));
    append_event(out, "response.content_part.added", kTextBase, of_part(id) + R"(,"part":)" + text_part({}));
  }
  const std::int64_t known = starting_after_ - kTextBase - static_cast<std::int64_t>(text_bytes_);
  text_bytes_ += piece.size();
  const std::int64_t number = kTextBase + static_cast<std::int64_t>(text_bytes_);
  if (known > 0 && number > starting_after_) {
    auto cut = static_cast<std::size_t>(known);
    while (continues_character(piece[cut])) --cut;
    piece.remove_prefix(cut);
  }
  append_event(out, "response.output_text.delta", number,
               of_part(id) + R"(,"delta":)" + json_of(piece) + R"(,"logprobs":[])");
}

void ResponseEvents::append_end(std::string& out, const Turn& turn, std::span<const VisibleItem> items) {
  last_ = std::max(last_, std::int64_t{1});
  std::size_t index = 0;
  for (const VisibleItem& item : items) {
    if (!item.asked) append_item_events(out, turn, item, index++);
  }
  const ResponseStatus status = status_of(turn);
  append_event(out, end_event(status.status), last_ + 1, response_member(turn, items, status));
}

void ResponseEvents::append_failure(std::string& out, std::string_view failure) {
  append_event(out, "response.failed", last_ + 1,
               response_member(asked_, {}, {.status = "failed", .failure = std::string(failure)}));
}

void ResponseEvents::append_event(std::string& out, std::string_view name, std::int64_t number,
                                  std::string_view members) {
  last_ = number;
  if (number <= starting_after_) return;
  std::string data;
  JsonWriter(data).text("type", name).value("sequence_number", std::to_string(number));
  data += members;
  data += '}';
  append_server_event(out, name, data);
}

void ResponseEvents::append_whole_message(std::string& out, const Turn& turn) {
  append_text(out, std::string_view(turn.answer).substr(std::min(text_bytes_, turn.answer.size())));
  append_event(out, "response.output_text.done", last_ + 1,
               of_part(message_id_) + R"(,"text":)" + json_of(turn.answer) + R"(,"logprobs":[])");
  append_event(out, "response.content_part.done", last_ + 1,
               of_part(message_id_) + R"(,"part":)" + text_part(turn.answer));
}

void ResponseEvents::append_item_events(std::string& out, const Turn& turn, const VisibleItem& visible,
                                        std::size_t index) {
  const Item& item = visible.item;
  // Where the turn is told after what another instance says of it, the id was a guess.
  const bool is_text = visible.id == message_id_ || (index == 0 && text_bytes_ > 0);
  if (is_text && !turn.answer.empty() && text_of(item) == turn.answer &&
      item.body.find(R"("refusal")") == std::string::npos) {
    append_whole_message(out, turn);
  } else if (item.type == "function_call") {
    const auto members = members_of(item.body);
    const std::string arguments = json_of(text_of(value_of(members, "arguments")));
    append_event(out, "response.output_item.added", last_ + 1,
                 with_item(call_without_arguments(item), visible.id, "in_progress", index));
    append_event(out, "response.function_call_arguments.delta", last_ + 1,
                 of_item(visible.id, index) + R"(,"delta":)" + arguments);
    append_event(out, "response.function_call_arguments.done", last_ + 1,
                 of_item(visible.id, index) + R"(,"name":)" + json_of(text_of(value_of(members, "name"))) +
                     R"(,"arguments":)" + arguments);
  } else {
    append_event(out, "response.output_item.added", last_ + 1,
                 with_item(item, visible.id, "in_progress", index));
  }
  append_event(out, "response.output_item.done", last_ + 1,
               with_item(item, visible.id, visible.status, index));
}

}  // namespace chatsync

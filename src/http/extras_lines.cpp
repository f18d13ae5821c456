#include "http/extras_lines.hpp"

#include "chat/feedback_json.hpp"
#include "http/json_text.hpp"

namespace chatsync::http {

void append_extras_lines(std::string& out, const std::string& session_id, const TurnExtras& extras) {
  for (const ItemMark& mark : extras.marks) {
    append_text(out, R"({"type":"item_mark","session_id":)", session_id);
    append_text(out, R"(,"turn_id":)", mark.place.turn_id);
    append_text(out, R"(,"sibling_id":)", mark.place.sibling_id);
    append_number(out, R"(,"item":)", mark.place.item);
    out += mark.deleted ? R"(,"deleted":true)" : R"(,"deleted":false)";
    out += R"(,"feedback":)";
    append_feedback(out, mark.feedback ? &*mark.feedback : nullptr);
    out += "}\n";
  }
  for (const SiblingAnswer& sibling : extras.siblings) {
    append_text(out, R"({"type":"sibling_answer","session_id":)", session_id);
    append_text(out, R"(,"turn_id":)", extras.turn_id);
    append_text(out, R"(,"sibling_id":)", sibling.sibling_id);
    append_time(out, R"(,"created_at":)", sibling.created_at_us);
    append_text(out, R"(,"answer":)", sibling.answer);
    append_text(out, R"(,"status":)", to_string(sibling.status));
    append_text(out, R"(,"model":)", sibling.model);
    if (!sibling.details.empty()) {
      out += R"(,"details":)";
      out += sibling.details;
    }
    out += "}\n";
  }
}

}  // namespace chatsync::http

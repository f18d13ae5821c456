#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "chat/turn.hpp"
#include "chat/visible_items.hpp"

namespace chatsync {

/// Writes a response as the events of a stream, each as one server-sent event: from the beginning, or those
/// behind an event that the client has. No I/O.
class ResponseEvents {
 public:
  /// `asked`: the turn as it is before it is answered. Events up to the number `starting_after` are left out;
  /// -1 leaves none out.
  ResponseEvents(Turn asked, std::int64_t starting_after);

  /// What begins the stream.
  void append_begin(std::string& out);

  /// More of the answer's text, in whole characters, behind what there was of it.
  void append_text(std::string& out, std::string_view piece);

  /// The end of an answer, with what of it has not been told yet. `turn`: as it was recorded; `items`: as
  /// visible_items() gives them.
  void append_end(std::string& out, const Turn& turn, std::span<const VisibleItem> items);

  /// The end where there is no turn: `failure` is one line for a person.
  void append_failure(std::string& out, std::string_view failure);

  /// How much of the text has been told.
  std::size_t text_bytes() const { return text_bytes_; }

 private:
  /// `members`: what the event has beside its type and number, as JSON, each with a comma before it.
  void append_event(std::string& out, std::string_view name, std::int64_t number, std::string_view members);
  void append_whole_message(std::string& out, const Turn& turn);
  void append_item_events(std::string& out, const Turn& turn, const VisibleItem& item, std::size_t index);

  Turn asked_;
  std::string message_id_;  ///< Of the message that the text is.
  std::int64_t starting_after_;
  std::int64_t last_ = -1;  ///< Number of the event before.
  std::size_t text_bytes_ = 0;
};

}  // namespace chatsync

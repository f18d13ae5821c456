#include "chat/own_history_entry.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "chat/turn_json.hpp"

namespace chatsync {
namespace {

using namespace std::string_literals;

Turn make_turn() {
  return {.session_id = "abc",
          .turn_id = "019c1f6e-7a3b-7c55-9d1e-5b0f3a2c8e71",
          .timestamp_us = 1'795'404'720'123'456,
          .seq = 7,
          .user_id = "1",
          .question = "Xin chào \"bạn\"\n\t\\ 😀",
          .answer = "zero \0 byte, escape \x1b, delete \x7f\r"s,
          .status = TurnStatus::incomplete,
          .model = "echo"};
}

/// What a parser of any JSON finds under that name.
std::string text_in(const boost::json::object& object, std::string_view name) {
  return boost::json::value_to<std::string>(object.at(name));
}

/// If the text is taken for one of our own, it is JSON, and says what is read in it.
void expect_truth(const std::string& text) {
  const auto turn = parse_own_history_entry("abc", text);
  if (!turn) return;
  boost::system::error_code malformed;
  const boost::json::value value = boost::json::parse(text, malformed);
  ASSERT_FALSE(malformed) << text;
  const boost::json::object& object = value.as_object();
  EXPECT_EQ(turn->seq.has_value(), object.contains("seq")) << text;
  if (turn->seq) {
    EXPECT_EQ(*turn->seq, object.at("seq")) << text;
  }
  EXPECT_EQ(turn->timestamp_us, object.at("created_at")) << text;
  EXPECT_EQ(turn->turn_id, text_in(object, "turn_id")) << text;
  EXPECT_EQ(turn->user_id, text_in(object, "user_id")) << text;
  EXPECT_EQ(turn->question, text_in(object, "question")) << text;
  EXPECT_EQ(turn->answer, text_in(object, "answer")) << text;
  EXPECT_EQ(to_string(turn->status), text_in(object, "status")) << text;
  EXPECT_EQ(turn->model, text_in(object, "model")) << text;
}

TEST(OwnHistoryEntry, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_own_history_entry("abc", history_entry(make_turn())), make_turn());
  Turn unnumbered = make_turn();
  unnumbered.seq.reset();
  unnumbered.status = TurnStatus::complete;
  EXPECT_EQ(parse_own_history_entry("abc", history_entry(unnumbered)), unnumbered);
}

TEST(OwnHistoryEntry, IsNothingThatAnotherProgramWrote) {
  EXPECT_FALSE(parse_own_history_entry("abc", R"({"question":"hi","answer":"ho"})"));
  EXPECT_FALSE(parse_own_history_entry("abc", "hello"));
  EXPECT_FALSE(parse_own_history_entry("abc", ""));
  EXPECT_FALSE(parse_own_history_entry("abc", history_entry(make_turn()) + " "));
}

TEST(OwnHistoryEntry, IsTakenForOneOnlyIfItIsJsonThatSaysSo) {
  const std::string entry = history_entry(make_turn());
  const std::string disturbances =
      "\"\\/0159-+.eutbxAf{}[],: \n\x01\x1f\x7f\x80\xbf\xc0\xc3\xe0\xed\xf0\xf4\xff";
  for (std::size_t position = 0; position < entry.size(); ++position) {
    expect_truth(entry.substr(0, position));
    expect_truth(std::string(entry).erase(position, 1));
    for (const char disturbance : disturbances) {
      std::string disturbed = entry;
      disturbed[position] = disturbance;
      expect_truth(disturbed);
      expect_truth(std::string(entry).insert(position, 1, disturbance));
    }
  }
}

TEST(OwnHistoryEntry, IsNotOneWithANumberThatJsonDoesNotHave) {
  const std::string tail = history_entry_tail(make_turn());
  for (const char* number : {"007", "-7", "7.0", "7e1", "99999999999999999999", ""}) {
    EXPECT_FALSE(parse_own_history_entry("abc", R"({"created_at":)" + std::string(number) + ',' + tail));
  }
  EXPECT_TRUE(parse_own_history_entry("abc", R"({"created_at":0,)" + tail));
}

}  // namespace
}  // namespace chatsync

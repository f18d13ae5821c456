// ConversationStore::search() and index_turns().
#include "contract/store_contract.hpp"

namespace chatsync::test {
namespace {

class StoreSearch : public StoreContract {
 protected:
  /// Stores turn `number` of the session with these texts.
  Turn put(const std::string& session_id, int number, const std::string& question,
           const std::string& answer) {
    Turn turn = numbered_turn(session_id, number);
    turn.question = question;
    turn.answer = answer;
    write({turn});
    return turn;
  }
  void index() {
    while (ok(store().index_turns(2)) > 0) {
    }
  }
  /// The ids of the turns found, after everything stored was indexed.
  std::vector<std::string> found(SearchQuery query) {
    index();
    return turn_ids(ok(store().search(std::move(query))));
  }
  std::vector<std::string> found(std::vector<std::string> words) {
    return found(SearchQuery{.words = std::move(words)});
  }
  static std::vector<std::string> ids(const std::vector<Turn>& turns) { return turn_ids(turns); }
};

TEST_P(StoreSearch, FindsWordsWhateverTheirCaseAndAccents) {
  const Turn turn = put("s", 1, "Đường về nhà mẹ ở Hà Nội đi thế nào?", "Đi xe buýt số 9");
  put("s", 2, "something else", "of no interest");
  for (const char* word :
       {"đường", "duong", "ĐƯỜNG", "mẹ", "me", "ở", "o", "Hà", "ha", "đi", "di", "9", "buyt"}) {
    EXPECT_EQ(found({word}), ids({turn})) << word;
  }
  EXPECT_TRUE(found({"duon"}).empty());
}

TEST_P(StoreSearch, WantsAllOfTheWordsInQuestionOrAnswer) {
  const Turn both = put("s", 1, "flight to Huế", "at noon");
  put("s", 2, "flight to Paris", "tomorrow");
  EXPECT_EQ(found({"flight", "noon"}), ids({both}));
  EXPECT_TRUE(found({"noon", "tomorrow"}).empty());
}

TEST_P(StoreSearch, ShowsTheNewestFirstPageByPage) {
  std::vector<Turn> newest_first;
  for (int i = 5; i >= 1; --i) newest_first.push_back(put(i % 2 == 0 ? "a" : "b", i, "chuyến tàu", "x"));
  EXPECT_EQ(found({"tau"}), ids(newest_first));
  SearchQuery page{.words = {"tau"}, .limit = 2};
  std::vector<std::string> walked;
  for (;;) {
    const std::vector<Turn> some = ok(store().search(page));
    if (some.empty()) break;
    for (const Turn& turn : some) walked.push_back(turn.turn_id);
    page.after = SearchQuery::Position{some.back().timestamp_us, some.back().turn_id};
  }
  EXPECT_EQ(walked, ids(newest_first));
}

TEST_P(StoreSearch, KeepsToAUserOrASession) {
  const Turn anns = put("a", 1, "tàu", "x");
  Turn bobs = numbered_turn("b", 2);
  bobs.user_id = "bob";
  bobs.question = "tàu";
  write({bobs});
  EXPECT_EQ(found({.words = {"tau"}, .user_id = "bob"}), ids({bobs}));
  EXPECT_EQ(found({.words = {"tau"}, .session_id = "a"}), ids({anns}));
  EXPECT_TRUE(found({.words = {"tau"}, .user_id = "bob", .session_id = "a"}).empty());
}

TEST_P(StoreSearch, GivesTheWholeTurn) {
  Turn turn = numbered_turn("s", 1);
  turn.details = R"({"latency_ms":3})";
  turn.status = TurnStatus::incomplete;
  turn.question = "kim cương '\"";
  write({turn});
  index();
  EXPECT_EQ(ok(store().search({.words = {"kim"}})), std::vector<Turn>{turn});
}

TEST_P(StoreSearch, FindsNothingOfADeletedItem) {
  const Turn turn = put("s", 1, "bí mật", "x");
  EXPECT_EQ(found({"mat"}).size(), 1);
  ok(store().delete_item(session_after("s", 1), {.turn_id = turn.turn_id, .sibling_id = {}, .item = 0}));
  EXPECT_TRUE(found({"mat"}).empty());
}

TEST_P(StoreSearch, FindsNothingOfAnErasedSessionAndKeepsNothingOfIt) {
  put("s", 1, "bí mật", "x");
  put("other", 1, "công khai", "x");
  index();
  put("s", 2, "bí mật mới", "x");
  ok(store().erase("s", 2));
  EXPECT_TRUE(found({"mat"}).empty());
  const Turn later = put("later", 3, "mật ong", "x");
  EXPECT_EQ(found({"mat"}), ids({later}));
  if (GetParam() == StoreKind::mysql) {
    EXPECT_EQ(rig().select("SELECT count(*) FROM turn_search WHERE session_id = 's'"),
              std::vector<std::string>{"0"});
    EXPECT_EQ(rig().select("SELECT count(*) FROM search_backlog"), std::vector<std::string>{"0"});
  } else {
    EXPECT_NO_THROW(rig().execute("INSERT INTO turn_search (turn_search) VALUES ('integrity-check')"));
  }
}

TEST_P(StoreSearch, FindsTurnsThatTheStoreTookWhileTheCacheWasAway) {
  Turn turn = turn_of("s", 1);
  turn.question = "vắng mặt";
  append(turn, true);
  EXPECT_EQ(found({"vang"}), ids({turn}));
}

TEST_P(StoreSearch, FindsEveryTurnOfALongSessionOnce) {
  std::vector<Turn> turns = numbered_turns("s", 1, 300);
  for (Turn& turn : turns) turn.question = "dài lắm";
  write(turns);
  write(turns);
  while (ok(store().index_turns(70)) > 0) {
  }
  EXPECT_EQ(ok(store().search({.words = {"dai"}, .limit = 1'000})).size(), 300);
}

TEST_P(StoreSearch, FindsWhatWasThereBeforeTheIndex) {
  const auto rig = make_upgraded_store_rig(
      GetParam(), {"INSERT INTO chat_sessions (session_id, user_id, title, question_count, created_at, "
                   "updated_at) VALUES "
                   "('old', 'ann', '', 1, " +
                       std::string(GetParam() == StoreKind::mysql ? "NOW(6), NOW(6)" : "1, 1") + ")",
                   "INSERT INTO chat_messages (session_id, ts, turn_id, seq, user_id, question, answer, "
                   "status, model) VALUES "
                   "('old', 17, 't', 1, 'ann', 'ngày xưa', 'x', 'complete', 'm')"});
  while (ok(rig->store().index_turns(100)) > 0) {
  }
  EXPECT_EQ(turn_ids(ok(rig->store().search({.words = {"ngay", "xua"}}))), std::vector<std::string>{"t"});
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreSearch, every_store(), store_name);

}  // namespace
}  // namespace chatsync::test

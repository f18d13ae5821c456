#include <algorithm>
#include <map>
#include <utility>

#include "chat/search_words.hpp"
#include "service/conversation_extras.hpp"

namespace chatsync::service {
namespace {

// What was synced a moment ago is found, though the background has not come to it.
constexpr std::size_t kTurnsAtOnce = 200;
constexpr int kStepsBeforeSearch = 5;

bool contains(std::string_view text, const std::vector<std::string>& words) {
  return std::ranges::any_of(
      words, [&](const std::string& word) { return text.find(word) != std::string_view::npos; });
}

SearchHit hit_of(Turn turn, const std::vector<std::string>& words) {
  SearchHit hit{.turn = std::move(turn)};
  if (!contains(hit.turn.question, words) && contains(hit.turn.answer, words)) hit.place = 1;
  hit.snippet = snippet_of(hit.place == 0 ? hit.turn.question : hit.turn.answer, words);
  return hit;
}

}  // namespace

AsyncResult<SearchPage> ConversationExtras::search(SearchQuery query) {
  if (!has_search_index_) {
    co_return fail(ErrorKind::invalid_argument,
                   "no search index is kept: start the server with SEARCH_INDEX=true", "search_off", "q");
  }
  for (int step = 0; step < kStepsBeforeSearch; ++step) {
    const Result<std::size_t> indexed = co_await store_.index_turns(kTurnsAtOnce);
    if (!indexed) co_return std::unexpected(indexed.error());
    if (*indexed == 0) break;
  }
  const std::size_t limit = query.limit;
  const std::vector<std::string> words = query.words;
  ++query.limit;
  Result<std::vector<Turn>> found = co_await store_.search(std::move(query));
  if (!found) co_return failure_of(std::move(found));
  SearchPage page{.has_more = found->size() > limit};
  if (page.has_more) found->resize(limit);

  std::map<std::string, std::size_t> places;
  std::vector<Session> sessions;
  for (Turn& turn : *found) {
    if (!places.contains(turn.session_id)) {
      Result<Session> session = co_await chat_.session(turn.session_id);
      // Erased meanwhile.
      if (!session && session.error().kind == ErrorKind::not_found) continue;
      if (!session) co_return failure_of(std::move(session));
      places.emplace(turn.session_id, sessions.size());
      sessions.push_back(std::move(*session));
    }
    page.hits.push_back(hit_of(std::move(turn), words));
    page.hits.back().conversation = places.at(page.hits.back().turn.session_id);
  }
  Result<std::vector<Conversation>> conversations = co_await described(std::move(sessions));
  if (!conversations) co_return failure_of(std::move(conversations));
  page.conversations = std::move(*conversations);
  co_return page;
}

}  // namespace chatsync::service

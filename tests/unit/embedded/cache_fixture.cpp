#include "unit/embedded/cache_fixture.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace chatsync::test {
namespace {

std::vector<std::int64_t> seqs_of(const std::vector<Turn>& turns) {
  std::vector<std::int64_t> seqs;
  for (const Turn& turn : turns) seqs.push_back(turn.seq.value_or(-1));
  return seqs;
}

}  // namespace

EmbeddedCacheTest::EmbeddedCacheTest() { open(journal()); }

void EmbeddedCacheTest::open(const std::filesystem::path& journal) {
  auto opened = embedded::open_embedded_cache(journal, options, clock_);
  if (!opened) throw std::runtime_error(opened.error().message);
  cache_ = std::move(*opened);
}

void EmbeddedCacheTest::restart() {
  close();
  open(journal());
}

RecordOutcome EmbeddedCacheTest::record(const std::string& session_id, int number, SessionPresence presence) {
  return ok(record_turn(cache(), turn_of(session_id, number), presence));
}

void EmbeddedCacheTest::record_turns(const std::string& session_id, int first, int last) {
  for (int number = first; number <= last; ++number) record(session_id, number);
}

SharedBatch EmbeddedCacheTest::claim(std::size_t max_turns) {
  TurnBatch all;
  const auto pass = cache().begin_pass(PassKind::indexed);
  for (;;) {
    TurnBatch batch = ok(pass->next(max_turns));
    if (batch.empty()) return std::make_shared<const TurnBatch>(std::move(all));
    std::ranges::move(batch.sessions, std::back_inserter(all.sessions));
    std::ranges::move(batch.turns, std::back_inserter(all.turns));
  }
}

std::size_t EmbeddedCacheTest::sync() { return ok(cache().acknowledge(claim())); }

std::vector<std::int64_t> EmbeddedCacheTest::history_of(const std::string& session_id) {
  return seqs_of(ok(cache().history(session_id)));
}

std::vector<std::int64_t> EmbeddedCacheTest::pending_of(const std::string& session_id) {
  return seqs_of(ok(cache().pending(session_id, {.limit = 1'000'000, .before_us = {}, .after_us = {}})));
}

std::int64_t EmbeddedCacheTest::count_of(const std::string& session_id) {
  const auto found = ok(cache().find(session_id));
  return found ? found->session.question_count : -1;
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> all;
  for (std::int64_t number = first; number <= last; ++number) all.push_back(number);
  return all;
}

}  // namespace chatsync::test

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "contract/coroutine_test.hpp"
#include "contract/turns.hpp"
#include "embedded/embedded_turn_cache.hpp"
#include "support/fakes/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace chatsync::test {

/// An embedded cache in a directory of its own, with time under the test's control.
class EmbeddedCacheTest : public CoroutineTest {
 protected:
  EmbeddedCacheTest();

  embedded::EmbeddedTurnCache& cache() { return *cache_; }
  FakeClock& clock() { return clock_; }
  std::filesystem::path journal() const { return directory_ / "journal.db"; }

  void open(const std::filesystem::path& journal);
  void close() { cache_.reset(); }
  void restart();

  /// Applies from the next restart on.
  embedded::CacheOptions options;

  RecordOutcome record(const std::string& session_id, int number,
                       SessionPresence presence = SessionPresence::known_new);
  void record_turns(const std::string& session_id, int first, int last);
  /// A whole pass, as one batch.
  SharedBatch claim(std::size_t max_turns = 1'000);
  /// Claims everything and acknowledges it.
  std::size_t sync();

  std::vector<std::int64_t> history_of(const std::string& session_id);
  std::vector<std::int64_t> pending_of(const std::string& session_id);
  /// -1 if the session is not cached.
  std::int64_t count_of(const std::string& session_id);

 private:
  TempDir directory_;
  FakeClock clock_;
  std::shared_ptr<embedded::EmbeddedTurnCache> cache_;
};

/// The numbers first, first + 1, … last.
std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last);

}  // namespace chatsync::test

#pragma once

#include "chat/dead_letters.hpp"

namespace chatsync::test {

/// A store that has taken every turn.
class NoDeadLetters final : public DeadLetters {
 public:
  AsyncResult<std::vector<StoredLetter>> list(LetterPage) override { co_return std::vector<StoredLetter>(); }
  AsyncResult<std::optional<StoredLetter>> find(std::int64_t) override {
    co_return std::optional<StoredLetter>();
  }
  AsyncResult<void> discard(std::int64_t) override { co_return nothing(); }
  AsyncResult<ReplayOutcome> replay(std::int64_t) override { co_return nothing(); }

 private:
  static std::unexpected<Error> nothing() {
    return fail(ErrorKind::not_found, "there are no dead letters", "dead_letter_not_found");
  }
};

}  // namespace chatsync::test

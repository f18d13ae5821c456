#include "test_cache/count_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace chatsync::test_cache {

namespace {

using Differences = std::vector<std::string>;

std::string name_of(const SessionRun& run, std::int64_t client, std::int64_t message) {
  if (run.clients.size() == 1) {
    return fmt::format("message {}", message);
  }
  return fmt::format("message {} of client {}", message, client);
}

void check_single_writer(const SessionRun& run, Differences& differences) {
  std::int64_t previous = run.before.question_count;
  for (const Acknowledged& turn : run.clients.front().acknowledged) {
    const std::int64_t count = turn.reply.question_count;
    if (count != previous + 1) {
      differences.push_back(fmt::format("the reply to {} has question_count {}, expected {} (after {})",
                                        name_of(run, 1, turn.message), count, previous + 1, previous));
    }
    previous = count;
  }
}

/// Several writers: each sees its own counts rise; together they are without a gap, but for
/// turns whose reply never came.
void check_several_writers(const SessionRun& run, Differences& differences) {
  for (const ClientLog& client : run.clients) {
    std::int64_t previous = run.before.question_count;
    for (const Acknowledged& turn : client.acknowledged) {
      const std::int64_t count = turn.reply.question_count;
      if (count <= previous) {
        differences.push_back(fmt::format("the reply to {} has question_count {}, not above {} before it",
                                          name_of(run, client.client, turn.message), count, previous));
      }
      previous = count;
    }
  }
  auto unanswered = static_cast<std::int64_t>(questions_of_unknown_outcome(run).size());
  std::int64_t previous = run.before.question_count;
  for (const Acknowledged& turn : in_session_order(run)) {
    const std::int64_t count = turn.reply.question_count;
    const std::int64_t missing = count - previous - 1;
    if (missing < 0) {
      differences.push_back(fmt::format("two replies have question_count {}", count));
    } else if (missing > unanswered) {
      differences.push_back(
          fmt::format("no reply has question_count {}, after {} comes {}", previous + 1, previous, count));
    } else {
      unanswered -= missing;
    }
    previous = count;
  }
}

void check_identities(const SessionRun& run, Differences& differences) {
  std::unordered_set<std::string> turn_ids;
  for (const ClientLog& client : run.clients) {
    for (const Acknowledged& turn : client.acknowledged) {
      const std::string name = name_of(run, client.client, turn.message);
      if (turn.reply.session_id != run.session_id) {
        differences.push_back(fmt::format("the reply to {} names session '{}'", name, turn.reply.session_id));
      }
      if (!turn_ids.insert(turn.reply.turn_id).second) {
        differences.push_back(fmt::format("the reply to {} repeats turn_id {}", name, turn.reply.turn_id));
      }
    }
  }
}

}  // namespace

std::vector<Acknowledged> in_session_order(const SessionRun& run) {
  std::vector<Acknowledged> turns;
  for (const ClientLog& client : run.clients) {
    turns.insert(turns.end(), client.acknowledged.begin(), client.acknowledged.end());
  }
  if (run.clients.size() > 1) {
    std::ranges::sort(turns, {}, [](const Acknowledged& turn) { return turn.reply.question_count; });
  }
  return turns;
}

std::vector<std::string> questions_of_unknown_outcome(const SessionRun& run) {
  std::vector<std::string> questions;
  for (const ClientLog& client : run.clients) {
    for (const Unacknowledged& failure : client.failed) {
      if (outcome_unknown(failure.error)) {
        questions.push_back(failure.question);
      }
    }
  }
  return questions;
}

std::vector<std::string> check_replies(const SessionRun& run) {
  Differences differences;
  for (const ClientLog& client : run.clients) {
    for (const Unacknowledged& failure : client.failed) {
      differences.push_back(fmt::format("{} was not acknowledged: {}",
                                        name_of(run, client.client, failure.message), failure.error.text));
    }
  }
  check_identities(run, differences);
  if (run.clients.size() == 1) {
    check_single_writer(run, differences);
  } else {
    check_several_writers(run, differences);
  }
  return differences;
}

}  // namespace chatsync::test_cache

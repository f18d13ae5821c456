#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pending_source.hpp"

namespace yardstick {
namespace {

class SourceOfRows : public PendingSource {
 public:
  using PendingSource::PendingSource;

  void remove(const std::vector<PendingKey>& keys) override;

 private:
  void ask_for_names(const PendingSession& session) override {
    redis_.command(2);
    redis_.word("SMEMBERS");
    redis_.word(fmt::format("session:{}:pending_msgs", session.id));
  }
  std::int64_t take_number_of_names(PendingSession&) override { return redis_.take_integer(); }
  void take_rest(PendingSession&) override {}
  std::string_view fields() const override {
    return "$7\r\nturn_id\r\n$3\r\nseq\r\n$7\r\nuser_id\r\n$8\r\nquestion\r\n$6\r\nanswer\r\n"
           "$6\r\nstatus\r\n$5\r\nmodel\r\n";
  }
  std::size_t field_count() const override { return 7; }

  void index_again(const std::vector<PendingKey>& refilled);
};

void SourceOfRows::remove(const std::vector<PendingKey>& keys) {
  if (keys.empty()) return;
  std::size_t sessions = 0;
  std::vector<PendingKey> drained;
  for (auto begin = keys.begin(); begin != keys.end(); ++sessions) {
    const auto end =
        std::find_if(begin, keys.end(), [&](const PendingKey& key) { return key.session != begin->session; });
    redis_.command(2 + static_cast<std::size_t>(end - begin));
    redis_.word("SREM");
    redis_.word(fmt::format("session:{}:pending_msgs", begin->session->id));
    for (auto key = begin; key != end; ++key) redis_.word(message_key(*key));
    if ((end - 1)->last_of_session) drained.push_back(*(end - 1));
    begin = end;
  }
  redis_.command(1 + keys.size());
  redis_.word("UNLINK");
  for (const PendingKey& key : keys) redis_.word(message_key(key));
  if (!drained.empty()) {
    redis_.command(2 + drained.size());
    redis_.word("ZREM");
    redis_.word("sync:dirty");
    for (const PendingKey& key : drained) redis_.word(key.session->id);
    for (const PendingKey& key : drained) {
      redis_.command(2);
      redis_.word("SCARD");
      redis_.word(fmt::format("session:{}:pending_msgs", key.session->id));
    }
  }
  redis_.send(scratch_);
  for (std::size_t replies = sessions + 1; replies > 0; --replies) redis_.take_integer();
  if (drained.empty()) return;
  redis_.take_integer();
  std::erase_if(drained, [&](const PendingKey&) { return redis_.take_integer() == 0; });
  index_again(drained);
}

// A turn that was recorded between SMEMBERS and ZREM found its session in the index and left it at that.
void SourceOfRows::index_again(const std::vector<PendingKey>& refilled) {
  for (const PendingKey& key : refilled) {
    redis_.command(5);
    for (const std::string_view word : {"ZADD", "sync:dirty", "NX"}) redis_.word(word);
    redis_.word(std::to_string(key.timestamp_us));
    redis_.word(key.session->id);
  }
  if (!refilled.empty()) redis_.send(scratch_);
  for (std::size_t replies = refilled.size(); replies > 0; --replies) redis_.take_integer();
}

}  // namespace

std::unique_ptr<PendingSource> source_of_rows(const std::string& socket, std::size_t batch_rows) {
  return std::make_unique<SourceOfRows>(socket, batch_rows);
}

}  // namespace yardstick

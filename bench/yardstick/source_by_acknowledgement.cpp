#include <array>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "pending_source.hpp"
#include "redis/acknowledgement.hpp"
#include "redis/claim.hpp"
#include "redis/command_encoder.hpp"
#include "redis/key_space.hpp"
#include "redis/scripts.hpp"

namespace yardstick {
namespace {

using chatsync::Session;
using chatsync::redis::Acknowledgement;
using chatsync::redis::CommandEncoder;
using chatsync::redis::KeySpace;

constexpr std::chrono::hours kSessionTtl{24};
/// As chatsync divides the turns of a large session.
constexpr std::size_t kMembersOfAPiece = 64;

class SourceByAcknowledgement : public PendingSource {
 public:
  SourceByAcknowledgement(const std::string& socket, std::size_t batch_rows)
      : PendingSource(socket, batch_rows) {
    CommandEncoder out(fields_);
    for (const std::string_view field : chatsync::redis::kTurnFields) out.argument(field);
    redis_.command(3);
    for (const std::string_view word : {"SCRIPT", "LOAD"}) redis_.word(word);
    redis_.word(chatsync::redis::scripts().acknowledge.text);
    redis_.send(scratch_);
    redis_.take_text();
  }

  void remove(const std::vector<PendingKey>& keys) override {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const PendingKey& key : keys) names.emplace_back(message_key(key));
    std::vector<Session> sessions;
    sessions.reserve(keys.size());
    std::vector<Acknowledgement> settled;
    for (std::size_t index = 0; index < keys.size(); ++index) {
      const PendingSession& session = *keys[index].session;
      if (index == 0 || keys[index - 1].session != &session ||
          settled.back().members.size() == kMembersOfAPiece) {
        sessions.push_back({.session_id = session.id, .user_id = session.user_id, .title = session.title});
        settled.push_back({.session_id = session.id, .members = {}, .committed = &sessions.back()});
      }
      settled.back().members.push_back(names[index]);
    }
    encoded_.clear();
    CommandEncoder out(encoded_);
    std::size_t calls = 0;
    for (std::span<Acknowledgement> left = settled; !left.empty(); ++calls) {
      const std::span<Acknowledgement> call = first_call(left);
      encode(out, KeySpace(), kSessionTtl, call);
      left = left.subspan(call.size());
    }
    redis_.encoded_words(encoded_);
    redis_.send(scratch_);
    for (; calls > 0; --calls) {
      for (std::int64_t left = redis_.take_integer(); left > 0; --left) redis_.take_integer();
    }
  }

 private:
  void ask_for_names(const PendingSession& session) override {
    const std::string prefix = KeySpace().prefix(session.id);
    encoded_.clear();
    CommandEncoder out(encoded_);
    out.begin(5);
    out.argument("SSCAN");
    out.argument(prefix, KeySpace::kPending);
    for (const std::string_view word : {"0", "COUNT", "1000"}) out.argument(word);
    encode_meta(out, prefix);
    out.begin(2);
    out.argument("GET");
    out.argument(prefix, KeySpace::kCount);
    redis_.encoded_words(encoded_);
  }

  std::int64_t take_number_of_names(PendingSession&) override {
    redis_.take_integer();
    if (redis_.take_text() != "0") throw std::runtime_error("a session has more turns than a page");
    return redis_.take_integer();
  }

  void take_rest(PendingSession& session) override {
    redis_.take_integer();
    std::array<std::string_view, chatsync::redis::kMetaFields.size()> meta;
    for (std::string_view& field : meta) field = redis_.take_text();
    session.user_id = meta[0];
    session.title = meta[1];
    redis_.take_text();
  }

  std::string_view fields() const override { return fields_; }
  std::size_t field_count() const override { return chatsync::redis::kTurnFields.size(); }

  std::string fields_;
  std::string encoded_;
};

}  // namespace

std::unique_ptr<PendingSource> source_by_acknowledgement(const std::string& socket, std::size_t batch_rows) {
  return std::make_unique<SourceByAcknowledgement>(socket, batch_rows);
}

}  // namespace yardstick

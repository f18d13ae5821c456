// Turns recorded by plain commands between MULTI and EXEC, for a text that goes through a script is copied
// once more on its way in and once more on its way out, and collected as garbage after that. What a
// transaction cannot do is decide: so a first script looks at all sessions and puts the keys of each that is
// not as expected out of the reach of the commands, and a last one puts them back (scripts/expect.lua,
// put_back.lua). In between nobody else is served, so that a session in which the turn is not recorded is
// seen as it was.
//
// The scripts are sent whole: a server that knows a script by its name alone may have forgotten it, and the
// commands would be carried out without it.
#include "redis/record_transaction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chat/turn_json.hpp"
#include "redis/error_reply.hpp"
#include "redis/scripts.hpp"

namespace chatsync::redis {
namespace {

constexpr std::string_view kAside = "sync:aside";
constexpr std::string_view kNothing = "sync:nothing";

// What every turn has is not encoded for each.
constexpr ConstantArgument kHashSet("HSET");
constexpr ConstantArgument kSetAdd("SADD");
constexpr ConstantArgument kListPush("RPUSH");
constexpr ConstantArgument kTurnId("turn_id");
constexpr ConstantArgument kSeq("seq");
constexpr ConstantArgument kUserId("user_id");
constexpr ConstantArgument kQuestion("question");
constexpr ConstantArgument kAnswer("answer");
constexpr ConstantArgument kStatus("status");
constexpr ConstantArgument kModel("model");
constexpr ConstantArgument kCreatedAt("created_at");
constexpr ConstantArgument kDetails("details");

constexpr std::size_t kBeforeTurns = 2;  ///< Within the transaction: the first script, MSET.
constexpr std::size_t kOfATurn = 3;

constexpr std::size_t within(std::size_t turns) { return kBeforeTurns + kOfATurn * turns + 1; }

std::unexpected<Error> unknown(const std::string& server, std::string_view why) {
  return fail(ErrorKind::outcome_unknown, fmt::format("{}: recording turns: {}", server, why),
              "outcome_unknown");
}

/// The server says why it discarded a transaction at the command that it refused, or, where it refused EXEC
/// itself, after a colon.
Error discarded(const std::string& server, std::span<const Reply> replies) {
  const auto refused = std::ranges::find_if(replies, &ReplyView::is_error, &Reply::view);
  std::string_view reason = refused->view().text_or("");
  constexpr std::string_view kWhy = "EXECABORT Transaction discarded because of: ";
  if (reason.starts_with(kWhy)) reason.remove_prefix(kWhy.size());
  return error_from_reply(server, reason);
}

bool any_error(ReplyView results, std::size_t from, std::size_t count) {
  for (std::size_t index = from; index < from + count; ++index) {
    if (results[index].is_error()) return true;
  }
  return false;
}

}  // namespace

std::size_t RecordTransaction::commands(std::size_t turns) { return 1 + within(turns) + 1; }

void RecordTransaction::encode(CommandEncoder& out, std::span<const NumberedTurn> turns) {
  prefixes_.resize(std::max(prefixes_.size(), turns.size()));
  messages_.resize(std::max(messages_.size(), turns.size()));
  for (std::size_t index = 0; index < turns.size(); ++index) {
    prefixes_[index].clear();
    keys_.append_prefix(prefixes_[index], turns[index].turn->session_id);
    const fmt::format_int stamp(turns[index].timestamp_us);
    messages_[index] = KeySpace::kMessage;
    messages_[index].append(stamp.data(), stamp.size());
  }

  out.command({"MULTI"});
  encode_expectations(out, turns);
  // MSET takes the time to live from the counts.
  out.begin(1 + 2 * turns.size());
  out.argument("MSET");
  for (std::size_t index = 0; index < turns.size(); ++index) {
    out.argument(prefixes_[index], KeySpace::kCount);
    out.argument(turns[index].seq);
  }
  for (std::size_t index = 0; index < turns.size(); ++index) {
    encode_turn(out, turns[index], prefixes_[index], messages_[index]);
  }
  out.command({"EVAL", scripts().put_back.text, "1", kAside});
  out.command({"EXEC"});
}

void RecordTransaction::encode_expectations(CommandEncoder& out, std::span<const NumberedTurn> turns) const {
  const std::size_t keys = 3 + 4 * turns.size();
  out.begin(3 + keys + 3 * turns.size());
  out.argument("EVAL");
  out.argument(scripts().expect.text);
  out.argument(keys);
  out.argument(KeySpace::kDirty);
  out.argument(kAside);
  out.argument(kNothing);
  const auto names = [&](std::string_view kind) {
    for (std::size_t index = 0; index < turns.size(); ++index) out.argument(prefixes_[index], kind);
  };
  names(KeySpace::kCount);
  names(KeySpace::kPending);
  for (std::size_t index = 0; index < turns.size(); ++index) out.argument(prefixes_[index], messages_[index]);
  names(KeySpace::kHistory);
  for (const NumberedTurn& numbered : turns) out.argument(numbered.seq - 1);
  for (const NumberedTurn& numbered : turns) {
    out.argument(numbered.timestamp_us);
    out.argument(numbered.turn->session_id);
  }
}

void RecordTransaction::encode_turn(CommandEncoder& out, const NumberedTurn& numbered,
                                    std::string_view prefix, std::string_view message) {
  const Turn& turn = *numbered.turn;
  out.begin(turn.details.empty() ? 2 + 2 * 8 : 2 + 2 * 9);
  out.argument(kHashSet);
  out.argument(prefix, message);
  const auto field = [&out](const auto& name, const auto& value) {
    out.argument(name);
    out.argument(value);
  };
  field(kTurnId, turn.turn_id);
  field(kSeq, numbered.seq);
  field(kUserId, turn.user_id);
  field(kQuestion, turn.question);
  field(kAnswer, turn.answer);
  field(kStatus, to_string(turn.status));
  field(kModel, turn.model);
  field(kCreatedAt, numbered.timestamp_us);
  if (!turn.details.empty()) field(kDetails, turn.details);

  out.begin(3);
  out.argument(kSetAdd);
  out.argument(prefix, KeySpace::kPending);
  out.argument(prefix, message);

  entry_.clear();
  append_history_entry(entry_, turn, numbered.seq, numbered.timestamp_us);
  out.begin(3);
  out.argument(kListPush);
  out.argument(prefix, KeySpace::kHistory);
  out.argument(entry_);
}

Result<std::vector<bool>> RecordTransaction::read(const std::string& server, std::span<const Reply> replies,
                                                  std::size_t turns) {
  // Without MULTI the server carried the commands out one by one.
  if (replies.front().view().is_error()) return unknown(server, replies.front().view().text_or(""));
  const ReplyView results = replies.back().view();
  if (results.is_error()) return std::unexpected(discarded(server, replies));
  if (results.size() != within(turns)) return unknown(server, "an unexpected reply to EXEC");
  if (results[0].is_error()) return unknown(server, results[0].text_or(""));

  std::vector<bool> refused(turns, false);
  for (std::size_t index = 0; index < results[0].size(); ++index) {
    const std::int64_t turn = results[0][index].integer_or(0);
    if (turn < 1 || turn > std::ssize(refused)) return unknown(server, "an unexpected reply to a script");
    refused[static_cast<std::size_t>(turn - 1)] = true;
  }
  for (std::size_t turn = 0; turn < turns; ++turn) {
    if (refused[turn]) continue;
    const bool failed = results[1].is_error() || any_error(results, kBeforeTurns + kOfATurn * turn, kOfATurn);
    if (failed) return unknown(server, "a command failed that cannot");
  }
  return refused;
}

}  // namespace chatsync::redis

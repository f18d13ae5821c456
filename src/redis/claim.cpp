#include "redis/claim.hpp"

#include <openssl/evp.h>

#include "chat/ids.hpp"
#include "chat/turn_details.hpp"
#include "chat/turn_json.hpp"
#include "redis/key_space.hpp"

namespace chatsync::redis {
namespace {

void append_bytes(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) return append_json_string(out, bytes);
  std::string encoded(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(length));
  out += R"({"base64":")";
  out += encoded;
  out += "\"}";
}

/// A hash may have field names that are not UTF-8, and a JSON object cannot: those are shown by their
/// escapes.
void append_name(std::string& out, std::string_view name) {
  if (is_utf8(name)) return append_json_string(out, name);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string readable = "hex:";
  for (const char byte : name) {
    readable += kHex[static_cast<unsigned char>(byte) >> 4];
    readable += kHex[static_cast<unsigned char>(byte) & 15];
  }
  append_json_string(out, readable);
}

std::string_view text_or_empty(ReplyView reply) {
  const std::string_view text = reply.text_or("");
  return is_utf8(text) ? text : std::string_view();
}

std::int64_t time_or_zero(ReplyView reply) { return std::max<std::int64_t>(reply.integer_or(0), 0); }

}  // namespace

std::optional<Fault> read_turn(std::string_view session_id, std::int64_t timestamp_us, ReplyView fields,
                               std::string_view fallback_user, Turn& turn) {
  const ReplyView turn_id = fields[0], seq = fields[1], user_id = fields[2], question = fields[3],
                  answer = fields[4], status = fields[5], model = fields[6], details = fields[7];
  for (const auto& [name, text] : {std::pair("question", question), std::pair("answer", answer)}) {
    if (text.is_nil()) return Fault{std::string("the message has no ") + name, "missing_field"};
    if (!is_utf8(text.text_or(""))) {
      return Fault{std::string("the ") + name + " is not UTF-8", "invalid_utf8"};
    }
  }
  turn.session_id = session_id;
  turn.timestamp_us = timestamp_us;
  if (is_turn_id(turn_id.text_or(""))) {
    turn.turn_id = turn_id.text_or("");
  } else {
    turn.turn_id = derived_turn_id(session_id, timestamp_us);
  }
  turn.seq = seq.integer_or(0) > 0 ? seq.integer() : std::nullopt;
  turn.user_id = is_user_id(user_id.text_or("")) ? user_id.text_or("") : fallback_user;
  turn.question = question.text_or("");
  turn.answer = answer.text_or("");
  turn.status = turn_status_from(status.text_or(""));
  turn.model = text_or_empty(model);
  turn.details = details_or_nothing(details.text_or(""));
  return std::nullopt;
}

void encode_meta(CommandEncoder& out, std::string_view prefix) {
  out.begin(2 + kMetaFields.size());
  out.argument("HMGET");
  out.argument(prefix, KeySpace::kMeta);
  for (const std::string_view field : kMetaFields) out.argument(field);
}

OwnData read_own_data(std::string_view session_id, ReplyView meta, ReplyView count) {
  OwnData own;
  own.session.session_id = session_id;
  if (is_user_id(meta[0].text_or(""))) own.session.user_id = meta[0].text_or("");
  own.session.title = text_or_empty(meta[1]);
  own.session.created_at_us = time_or_zero(meta[2]);
  own.session.updated_at_us = time_or_zero(meta[3]);
  own.session.question_count = time_or_zero(count);
  own.unsynced = !meta[4].is_nil();
  return own;
}

std::string hash_payload(std::string_view key, ReplyView fields) {
  std::string out = R"({"key":)";
  append_bytes(out, key);
  out += R"(,"fields":{)";
  for (std::size_t index = 0; index + 1 < fields.size(); index += 2) {
    if (index > 0) out += ',';
    append_name(out, fields[index].text_or(""));
    out += ':';
    append_bytes(out, fields[index + 1].text_or(""));
  }
  out += "}}";
  return out;
}

std::string dump_payload(std::string_view key, std::string_view type, ReplyView dump) {
  std::string out = R"({"key":)";
  append_bytes(out, key);
  out += R"(,"type":)";
  append_json_string(out, type);
  out += R"(,"dump":)";
  append_bytes(out, dump.text_or(""));
  out += '}';
  return out;
}

}  // namespace chatsync::redis

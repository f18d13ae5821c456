#include "sql/mysql_dead_letters.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "chat/letter_payload.hpp"
#include "sql/mysql_batch.hpp"
#include "sql/mysql_statements.hpp"

namespace chatsync::sql {
namespace {

// The columns' lengths in characters.
constexpr std::size_t kSessionId = 255;
constexpr std::size_t kMessageKey = 512;
constexpr std::size_t kReason = 2'048;
constexpr std::size_t kErrorCode = 64;
constexpr auto kUnlimited = std::numeric_limits<std::size_t>::max();

/// SHA-256 of what makes a letter the same as another, as a hexadecimal literal.
std::string fingerprint_of(const DeadLetter& letter) {
  std::string identity;
  for (const std::string_view text :
       {std::string_view(letter.session_id), std::string_view(letter.key),
        std::string_view(letter.error_code), std::string_view(letter.payload)}) {
    identity += fmt::format("{}:", text.size());
    identity += text;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(identity.data()), identity.size(), digest.data());
  return fmt::format("X'{:02x}'", fmt::join(digest, ""));
}

void append_rows(MySqlConnection& connection, const DeadLetter& letter, std::vector<std::string>& rows) {
  const auto fingerprint = fingerprint_of(letter);
  const auto before =
      fmt::format("{},{},{},{}", connection.literal(storable_text(letter.session_id, kSessionId)),
                  connection.literal(storable_text(letter.key, kMessageKey)),
                  connection.literal(storable_text(letter.reason, kReason)),
                  connection.literal(storable_text(letter.error_code, kErrorCode)));
  const auto seq = seq_in_payload(letter.payload);
  const auto number = seq ? fmt::to_string(*seq) : std::string("NULL");
  const auto failed_at =
      letter.first_failed_at_us == 0 ? std::string("NOW(6)") : datetime_of(letter.first_failed_at_us);
  // Escaping at most doubles the payload; fingerprint and time need some more.
  constexpr std::size_t kOtherBytes = 256;
  const auto room = connection.max_statement_bytes() / 2;
  const auto piece_bytes = room - std::min(room / 2, before.size() + kOtherBytes);
  const auto payload = storable_text(letter.payload, kUnlimited);
  std::string_view rest = payload;
  int part = 0;
  do {
    const auto piece = rest.substr(0, utf8_prefix(rest, piece_bytes));
    rest.remove_prefix(piece.size());
    rows.push_back(fmt::format("({},{},{},{},{},{})", fingerprint, part, before, connection.literal(piece),
                               failed_at, number));
    ++part;
  } while (!rest.empty());
}

}  // namespace

SqlResult<void> insert_dead_letters(MySqlConnection& connection, std::span<const DeadLetter> letters) {
  std::vector<std::string> rows;
  for (const auto& letter : letters) append_rows(connection, letter, rows);
  return execute_in_parts(
      connection,
      "INSERT INTO dead_letters (fingerprint, part, session_id, message_key, reason, error_code, "
      "payload, first_failed_at, seq) VALUES ",
      rows, " ON DUPLICATE KEY UPDATE part = part");
}

}  // namespace chatsync::sql

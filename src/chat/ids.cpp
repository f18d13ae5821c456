#include "chat/ids.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <utility>

namespace chatsync {
namespace {

/// The bytes that names of one kind are made of: letters, digits and some punctuation.
class Alphabet {
 public:
  consteval explicit Alphabet(std::string_view punctuation) {
    for (const auto& [first, last] : {std::pair('a', 'z'), std::pair('A', 'Z'), std::pair('0', '9')}) {
      for (char letter = first; letter <= last; ++letter) add(letter);
    }
    for (const char mark : punctuation) add(mark);
  }

  /// Whether `text` is a name of at most `longest` bytes.
  bool spells(std::string_view text, std::size_t longest) const {
    return !text.empty() && text.size() <= longest &&
           std::ranges::all_of(text, [this](char c) { return has_[static_cast<unsigned char>(c)]; });
  }

 private:
  constexpr void add(char letter) { has_[static_cast<unsigned char>(letter)] = true; }

  std::array<bool, 256> has_{};
};

std::mt19937_64 seeded_by_the_system() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

/// The lowest `digits` digits; returns what follows them.
char* write_hex(char* out, std::uint64_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    *out++ = "0123456789abcdef"[(value >> shift) & 15];
  return out;
}

constexpr Alphabet kOfIds("._-");
constexpr Alphabet kOfUsers("._:@+-");

}  // namespace

bool is_session_id(std::string_view text) { return kOfIds.spells(text, 64); }

bool is_user_id(std::string_view text) { return kOfUsers.spells(text, 128); }

bool is_turn_id(std::string_view text) { return kOfIds.spells(text, 64); }

IdGenerator::IdGenerator() : random_(seeded_by_the_system()) {}

IdGenerator::IdGenerator(std::uint64_t seed) : random_(seed) {}

std::string IdGenerator::uuid_v7(std::int64_t now_us) {
  const auto milliseconds = static_cast<std::uint64_t>(now_us / 1000);
  const auto fraction = static_cast<std::uint64_t>(now_us % 1000) * 4096 / 1000;
  const std::uint64_t random = random_();
  char text[36];
  char* end = write_hex(text, milliseconds >> 16, 8);
  *end++ = '-';
  end = write_hex(end, milliseconds, 4);
  *end++ = '-';
  end = write_hex(end, 0x7000 | fraction, 4);
  *end++ = '-';
  end = write_hex(end, 0x8000 | (random >> 50), 4);
  *end++ = '-';
  end = write_hex(end, random, 12);
  return {text, end};
}

std::string derived_turn_id(std::string_view session_id, std::int64_t timestamp_us) {
  // Any fixed name space will do: this one is the random UUID of chatsync's turns.
  static constexpr boost::uuids::uuid kNameSpace{
      {0x5b, 0x1c, 0x2e, 0x60, 0x8f, 0x0d, 0x4c, 0x5e, 0x9b, 0x27, 0x63, 0x0a, 0x1d, 0x7e, 0x42, 0xc9}};
  boost::uuids::name_generator_sha1 generate(kNameSpace);
  return boost::uuids::to_string(generate(fmt::format("{}:{}", session_id, timestamp_us)));
}

}  // namespace chatsync

#include "redis/scripts.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "redis_scripts.hpp"

namespace chatsync::redis {

namespace {

/// Some scripts are sent whole with every call, and Redis digests what it is sent: without the lines that are
/// comments and what the others are indented by, that is half of it. No string of a script holds a line
/// break.
std::string without_comments(std::string_view lua) {
  std::string code;
  while (!lua.empty()) {
    const std::size_t end = std::min(lua.find('\n'), lua.size() - 1) + 1;
    std::string_view line = lua.substr(0, end);
    lua.remove_prefix(end);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.starts_with("--") && line != "\n") code += line;
  }
  return code;
}

}  // namespace

Script::Script(std::string_view lua) : text(without_comments(lua)) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  for (const unsigned char byte : digest) sha1 += fmt::format("{:02x}", byte);
}

const Scripts& scripts() {
  static const Scripts all{
      .record = Script(lua::record_lua),
      .expect = Script(lua::expect_lua),
      .put_back = Script(lua::put_back_lua),
      .seed = Script(lua::seed_lua),
      .create = Script(lua::create_lua),
      .find = Script(lua::find_lua),
      .acknowledge = Script(lua::acknowledge_lua),
      .erase = Script(lua::erase_lua),
      .claim = Script(lua::claim_lua),
      .record_claimed = Script(
          fmt::format("local function record_all()\n{}end\n{}", lua::record_lua, lua::record_claimed_lua)),
      .lock = Script(lua::lock_lua),
      .renew = Script(lua::renew_lua),
      .release = Script(lua::release_lua),
      .signal = Script(lua::signal_lua),
  };
  return all;
}

}  // namespace chatsync::redis

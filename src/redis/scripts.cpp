#include "redis/scripts.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

#include "redis_scripts.hpp"

namespace chatsync::redis {

Script::Script(std::string_view lua) : text(lua) {
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
  };
  return all;
}

}  // namespace chatsync::redis

#pragma once

#include <string>
#include <string_view>

namespace chatsync::redis {

/// A Lua script of scripts/ and the name under which Redis runs it.
struct Script {
  std::string_view text;
  std::string sha1;  ///< In hexadecimal, for EVALSHA.

  explicit Script(std::string_view lua);
};

/// Every script; each connection loads them all.
struct Scripts {
  Script record;
  Script seed;
  Script create;
  Script find;
  Script acknowledge;
  Script erase;

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Script* script : {&record, &seed, &create, &find, &acknowledge, &erase}) visit(*script);
  }
};

const Scripts& scripts();

}  // namespace chatsync::redis

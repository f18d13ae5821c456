#pragma once

#include <string>
#include <string_view>

namespace chatsync::redis {

/// A Lua script of scripts/ and the name under which Redis runs it.
struct Script {
  std::string text;
  std::string sha1;  ///< In hexadecimal, for EVALSHA.

  explicit Script(std::string_view lua);
};

/// Every script. Each connection loads them all but those that are part of a transaction.
struct Scripts {
  Script record;
  Script expect;
  Script put_back;
  Script seed;
  Script create;
  Script find;
  Script acknowledge;
  Script erase;
  Script claim;
  Script record_claimed;  ///< record.lua as the function record_all(), and what goes around it.
  Script lock;
  Script renew;
  Script release;
  Script signal;

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Script* script : {&record, &seed, &create, &find, &acknowledge, &erase, &claim,
                                 &record_claimed, &lock, &renew, &release, &signal}) {
      visit(*script);
    }
  }
};

const Scripts& scripts();

}  // namespace chatsync::redis

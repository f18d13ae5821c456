#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace chatsync::test {

/// One reply of Redis. Texts keep zero bytes.
struct RespValue {
  enum class Kind { nil, status, error, integer, string, array };

  Kind kind = Kind::nil;
  std::string text;  ///< Of a status, an error or a string.
  std::int64_t integer = 0;
  std::vector<RespValue> array;
};

/// A plain blocking Redis client on hiredis: nothing of the code under test is in it. Throws
/// std::runtime_error when the connection fails, and for an error reply where the function does not say
/// otherwise.
class RespClient {
 public:
  RespClient(const std::string& host, std::uint16_t port);
  explicit RespClient(const std::filesystem::path& socket);
  ~RespClient();
  RespClient(RespClient&&) noexcept;

  /// Sends one command; an error reply comes back as a value.
  RespValue try_command(const std::vector<std::string>& arguments);
  RespValue command(const std::vector<std::string>& arguments);

  std::optional<std::string> get(const std::string& key);
  void set(const std::string& key, const std::string& value);
  std::int64_t integer(const std::vector<std::string>& arguments);
  /// The elements of an array reply.
  std::vector<std::string> strings(const std::vector<std::string>& arguments);
  std::map<std::string, std::string> hash(const std::string& key);
  /// What the key holds, with its type, in a text that is the same as long as that is: of a set the sorted
  /// members, whose order changes while Redis gives it another table; otherwise what DUMP says.
  std::string content(const std::string& key);
  /// Every key that matches, sorted.
  std::vector<std::string> keys(const std::string& pattern = "*");

 private:
  explicit RespClient(redisContext* context);

  struct Closer {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Closer> context_;
};

}  // namespace chatsync::test

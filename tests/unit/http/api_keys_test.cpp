#include "http/api_keys.hpp"

#include <gtest/gtest.h>

#include "http/router.hpp"

namespace chatsync::http {
namespace {

constexpr const char* kFirst = "first-key-of-sixteen";
constexpr const char* kSecond = "second-key-of-sixteen";

ApiKeys keys_of(std::string_view list, std::string_view file = {}) {
  auto keys = ApiKeys::parse(list, file);
  EXPECT_TRUE(keys) << keys.error().message;
  return std::move(*keys);
}

std::string bearer(const std::string& key) { return "Bearer " + key; }

std::string refusal(std::string_view list, std::string_view file = {}) {
  const auto keys = ApiKeys::parse(list, file);
  return keys ? "" : keys.error().message;
}

TEST(ApiKeys, TellsWhichKeyIsShown) {
  const ApiKeys keys = keys_of("first-key-of-sixteen, second-key-of-sixteen");
  EXPECT_EQ(keys.find(bearer(kFirst))->key, 1U);
  EXPECT_EQ(keys.find(bearer(kSecond))->key, 2U);
  EXPECT_EQ(keys.find("bearer  " + std::string(kSecond) + " ")->key, 2U);
}

TEST(ApiKeys, KnowsNothingElse) {
  const ApiKeys keys = keys_of(kFirst);
  for (const std::string& shown :
       {std::string(), std::string("Bearer"), bearer(""), bearer(kSecond), bearer("first-key-of-sixtee"),
        bearer("first-key-of-sixteenx"), std::string(kFirst), "Basic " + std::string(kFirst),
        bearer("FIRST-KEY-OF-SIXTEEN")}) {
    EXPECT_FALSE(keys.find(shown)) << shown;
  }
}

TEST(ApiKeys, ReadsAFileBesideTheList) {
  const ApiKeys keys = keys_of(kFirst, "# the other team\n\n  second-key-of-sixteen\r\n");
  EXPECT_EQ(keys.find(bearer(kFirst))->key, 1U);
  EXPECT_EQ(keys.find(bearer(kSecond))->key, 2U);
  EXPECT_FALSE(keys.find(bearer("# the other team")));
}

TEST(ApiKeys, MayBeNone) {
  EXPECT_TRUE(keys_of("").empty());
  EXPECT_TRUE(keys_of(" , ", "# nothing\n").empty());
}

TEST(ApiKeys, RefusesABadKeyWithoutShowingIt) {
  EXPECT_EQ(refusal("first-key-of-sixteen,short"),
            "API_KEYS: entry 2 is no key: expected 16 to 512 visible ASCII characters without a comma");
  EXPECT_EQ(refusal("", "\nkey with blanks in it\n"),
            "API_KEYS_FILE: line 2 is no key: expected 16 to 512 visible ASCII characters without a comma");
  EXPECT_NE(refusal("kh\xC3\xB3\x61-c\xE1\xBB\xA7\x61-ch\xC3\xBAng-t\xC3\xB4i"), "");
}

Dispatch dispatched(Method method, const char* target, const ApiKeys& keys, Caller& caller,
                    const std::string& authorization = {}) {
  Request request;
  request.method = method;
  request.target = target;
  request.authorization = authorization;
  Arguments arguments;
  Dispatch found = dispatch(request, arguments);
  authorize(found, request, keys, caller);
  return found;
}

TEST(Authorize, AsksForAKeyEverywhereButAtTheHealthCheck) {
  const ApiKeys keys = keys_of(kFirst);
  Caller caller;
  for (const char* target : {"/", "/readyz", "/metrics", "/openapi.json", "/sessions/a", "/nothing", "*"}) {
    const Dispatch found = dispatched(Method::get, target, keys, caller);
    EXPECT_EQ(found.route, nullptr) << target;
    ASSERT_TRUE(found.error) << target;
    EXPECT_EQ(found.error->status, 401) << target;
    EXPECT_EQ(found.error->code, "missing_api_key") << target;
  }
  EXPECT_EQ(dispatched(Method::options, "/chat", keys, caller).error->status, 401);
  EXPECT_NE(dispatched(Method::get, "/healthz", keys, caller).route, nullptr);
  EXPECT_NE(dispatched(Method::head, "/healthz", keys, caller).route, nullptr);
}

TEST(Authorize, LetsAKnownKeyIn) {
  const ApiKeys keys = keys_of("first-key-of-sixteen,second-key-of-sixteen");
  Caller caller;
  EXPECT_NE(dispatched(Method::get, "/readyz", keys, caller, bearer(kSecond)).route, nullptr);
  EXPECT_EQ(caller.key, 2U);
  EXPECT_EQ(dispatched(Method::get, "/nothing", keys, caller, bearer(kSecond)).error->status, 404);
}

TEST(Authorize, SaysThatAKeyIsWrong) {
  Caller caller;
  EXPECT_EQ(dispatched(Method::get, "/readyz", keys_of(kFirst), caller, bearer(kSecond)).error->code,
            "invalid_api_key");
}

TEST(Authorize, AsksNobodyWithoutKeys) {
  Caller caller;
  EXPECT_NE(dispatched(Method::get, "/readyz", ApiKeys(), caller).route, nullptr);
  EXPECT_EQ(caller.key, 0U);
}

}  // namespace
}  // namespace chatsync::http

#include "http/router.hpp"

#include <gtest/gtest.h>

namespace chatsync::http {
namespace {

struct Found {
  Dispatch dispatch;
  Arguments arguments;
  int status() const { return dispatch.error ? dispatch.error->status : dispatch.route ? 200 : 204; }
};

Found find(Method method, std::string target, BodyType type = BodyType::unstated) {
  Found found;
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.body_type = type;
  found.dispatch = dispatch(request, found.arguments);
  return found;
}

TEST(Router, FindsEveryRouteOfTheTable) {
  for (const Route& route : routes()) {
    std::string path(route.path);
    for (auto begin = path.find('{'); begin != std::string::npos; begin = path.find('{')) {
      path.replace(begin, path.find('}') + 1 - begin, "s-1");
    }
    EXPECT_EQ(find(route.method, path).dispatch.route, &route) << path;
  }
}

TEST(Router, HandsTheSessionIdToTheHandler) {
  EXPECT_EQ(find(Method::get, "/sessions/a.b_c-1/stats").arguments.session_id, "a.b_c-1");
}

TEST(Router, HandsTheUserIdToTheHandler) {
  EXPECT_EQ(find(Method::get, "/users/ann+1@example.org/export").arguments.user_id, "ann+1@example.org");
  EXPECT_EQ(find(Method::del, "/users/a%40b").arguments.user_id, "a@b");
}

TEST(Router, RefusesAUserIdThatCannotBeOneAndNamesIt) {
  for (const char* target : {"/users/a%20b/export", "/users/%2f/export"}) {
    const Found found = find(Method::get, target);
    EXPECT_EQ(found.status(), 400) << target;
    EXPECT_EQ(found.dispatch.error->param, "user_id") << target;
  }
}

TEST(Router, RefusesASessionIdThatCannotBeOneAndNamesIt) {
  for (const char* target : {"/sessions/a%20b", "/sessions/%2e%2e%2f", "/sessions/a%00/messages"}) {
    const Found found = find(Method::get, target);
    EXPECT_EQ(found.status(), 400) << target;
    EXPECT_EQ(found.dispatch.error->param, "session_id") << target;
  }
}

TEST(Router, KnowsNothingAtOtherPaths) {
  for (const char* target : {"/nothing", "/chat/", "//chat", "/sessions/", "/sessions//stats",
                             "/sessions/a/stats/more", "/Chat", "/a/b/c/d/e/f"}) {
    const Found found = find(Method::get, target);
    EXPECT_EQ(found.status(), 404) << target;
    EXPECT_EQ(found.dispatch.slot, kRouteCount) << target;
  }
}

TEST(Router, AnswersHeadWhereverItAnswersGet) {
  EXPECT_EQ(find(Method::head, "/healthz").status(), 200);
  EXPECT_EQ(find(Method::head, "/chat").status(), 405);
}

TEST(Router, NamesTheAllowedMethodsWhereOneIsNot) {
  EXPECT_EQ(find(Method::get, "/chat").dispatch.allow, "POST, OPTIONS");
  EXPECT_EQ(find(Method::other, "/sessions/a").dispatch.allow, "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(find(Method::del, "/sync_now").dispatch.allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find(Method::del, "/sync_now").status(), 405);
}

TEST(Router, AnswersOptionsWithTheAllowedMethods) {
  const Found found = find(Method::options, "/sessions");
  EXPECT_EQ(found.status(), 204);
  EXPECT_EQ(found.dispatch.allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find(Method::options, "/nothing").status(), 404);
}

TEST(Router, AnswersOptionsForTheServerAsAWhole) {
  const Found found = find(Method::options, "*");
  EXPECT_EQ(found.status(), 204);
  EXPECT_EQ(found.dispatch.allow, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(find(Method::get, "*").status(), 404);
}

TEST(Router, RefusesAQueryParameterThatTheRouteDoesNotKnow) {
  const Found found = find(Method::get, "/sessions?user_id=1&limt=3");
  EXPECT_EQ(found.status(), 400);
  EXPECT_EQ(found.dispatch.error->param, "limt");
  EXPECT_EQ(find(Method::get, "/healthz?x=1").dispatch.error->param, "x");
  EXPECT_EQ(find(Method::get, "/sessions?user_id=1&=3").status(), 400);
}

TEST(Router, RefusesABodyThatIsNotJsonWhereOneIsRead) {
  EXPECT_EQ(find(Method::post, "/chat", BodyType::other).status(), 415);
  EXPECT_EQ(find(Method::post, "/chat", BodyType::json).status(), 200);
  EXPECT_EQ(find(Method::post, "/chat", BodyType::unstated).status(), 200);
  EXPECT_EQ(find(Method::post, "/sync_now", BodyType::other).status(), 200);
}

TEST(Router, CountsAllMethodsOfAPathUnderOneSlot) {
  const std::size_t slot = find(Method::get, "/sessions").dispatch.slot;
  EXPECT_EQ(find(Method::post, "/sessions").dispatch.slot, slot);
  EXPECT_EQ(find(Method::options, "/sessions").dispatch.slot, slot);
  EXPECT_EQ(find(Method::other, "/sessions").dispatch.slot, slot);
}

}  // namespace
}  // namespace chatsync::http

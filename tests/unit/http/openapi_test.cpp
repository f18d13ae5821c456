#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "http/openapi_file.hpp"
#include "http/route_table.hpp"

namespace chatsync::http {
namespace {

namespace json = boost::json;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return result;
}

json::value document() { return json::parse({openapi_json.data(), openapi_json.size()}); }

const json::object& operations_of(const json::value& path) { return path.as_object(); }

/// Calls `visit(value)` for every value in the document.
template <class Visit>
void walk(const json::value& value, Visit visit) {
  visit(value);
  if (value.is_object()) {
    for (const auto& member : value.get_object()) walk(member.value(), visit);
  } else if (value.is_array()) {
    for (const auto& element : value.get_array()) walk(element, visit);
  }
}

TEST(OpenApi, IsEmbeddedByteForByte) {
  std::ifstream file(OPENAPI_FILE, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(openapi_json, text);
}

TEST(OpenApi, NamesEveryRouteAndNoOther) {
  std::set<std::string> served;
  for (const Route& route : routes())
    served.insert(lower(to_string(route.method)) + " " + std::string(route.path));
  std::set<std::string> described;
  const json::value api = document();
  for (const auto& path : api.at("paths").as_object()) {
    for (const auto& operation : operations_of(path.value())) {
      if (operation.key() == "parameters") continue;
      described.insert(std::string(operation.key()) + " " + std::string(path.key()));
    }
  }
  EXPECT_EQ(described, served);
}

TEST(OpenApi, NamesTheQueryParametersOfEveryRoute) {
  const json::value api = document();
  for (const Route& route : routes()) {
    std::set<std::string> known;
    for (const std::string_view name : route.query) {
      if (!name.empty()) known.emplace(name);
    }
    const auto& operation = api.at("paths")
                                .as_object()
                                .at({route.path.data(), route.path.size()})
                                .as_object()
                                .at(lower(to_string(route.method)));
    std::set<std::string> described;
    if (const auto* parameters = operation.as_object().if_contains("parameters")) {
      for (const json::value& parameter : parameters->as_array()) {
        const auto* shared = parameter.as_object().if_contains("$ref");
        const json::value resolved =
            shared == nullptr ? parameter : api.at_pointer(std::string(shared->as_string()).substr(1));
        if (resolved.at("in") == "query") described.emplace(resolved.at("name").as_string());
      }
    }
    EXPECT_EQ(described, known) << route.path;
  }
}

TEST(OpenApi, DescribesABodyWhereOneIsRead) {
  const json::value api = document();
  for (const Route& route : routes()) {
    const auto& operation = api.at("paths")
                                .as_object()
                                .at({route.path.data(), route.path.size()})
                                .as_object()
                                .at(lower(to_string(route.method)));
    EXPECT_EQ(operation.as_object().contains("requestBody"), route.reads_json) << route.path;
  }
}

TEST(OpenApi, RefersToNothingThatIsNotThere) {
  const json::value api = document();
  int references = 0;
  walk(api, [&](const json::value& value) {
    if (!value.is_object()) return;
    const auto* reference = value.get_object().if_contains("$ref");
    if (reference == nullptr) return;
    ++references;
    const std::string pointer(reference->as_string());
    ASSERT_TRUE(pointer.starts_with("#/")) << pointer;
    json::error_code missing;
    EXPECT_NE(api.find_pointer(pointer.substr(1), missing), nullptr) << pointer;
  });
  EXPECT_GT(references, 50);
}

TEST(OpenApi, GivesEveryOperationAnIdOfItsOwnAndEveryReplyAnExample) {
  const json::value api = document();
  std::set<std::string> ids;
  for (const auto& path : api.at("paths").as_object()) {
    for (const auto& operation : operations_of(path.value())) {
      if (operation.key() == "parameters") continue;
      EXPECT_TRUE(ids.emplace(operation.value().at("operationId").as_string()).second);
      for (const auto& reply : operation.value().at("responses").as_object()) {
        if (reply.value().as_object().contains("$ref")) continue;
        for (const auto& media : reply.value().at("content").as_object()) {
          const auto& content = media.value().as_object();
          EXPECT_TRUE(content.contains("example") || content.contains("examples"))
              << path.key() << " " << operation.key() << " " << reply.key();
        }
      }
    }
  }
}

}  // namespace
}  // namespace chatsync::http

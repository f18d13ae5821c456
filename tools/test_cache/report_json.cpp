#include <boost/json.hpp>

#include "test_cache/report.hpp"

namespace chatsync::test_cache {

namespace {

namespace json = boost::json;

template <typename Value>
json::value value_or_null(const std::optional<Value>& value) {
  return value ? json::value_from(*value) : json::value{};
}

json::value latency_value(const std::optional<LatencySummary>& latency) {
  if (!latency) {
    return nullptr;
  }
  return {{"p50", latency->p50.count()}, {"p95", latency->p95.count()}, {"max", latency->max.count()}};
}

json::value session_value(const SessionReport& session) {
  return {{"session_id", session.session_id.empty() ? json::value{} : json::value(session.session_id)},
          {"sent", session.sent},
          {"acknowledged", session.acknowledged},
          {"latency_us", latency_value(session.latency)},
          {"question_count",
           {{"before", session.count_before},
            {"expected", session.count_expected},
            {"expected_most", session.count_expected_most},
            {"found", value_or_null(session.count_found)}}},
          {"history",
           {{"expected", session.history_expected}, {"in_place", value_or_null(session.history_found)}}},
          {"pending", value_or_null(session.pending)},
          {"synced", value_or_null(session.synced)},
          {"differences", json::value_from(session.differences)}};
}

json::value stats_value(const SessionStats& stats) {
  return {{"session_id", stats.session_id},
          {"user_id", stats.user_id},
          {"question_count", stats.question_count},
          {"question_count_cache", value_or_null(stats.question_count_cache)},
          {"question_count_store", value_or_null(stats.question_count_store)},
          {"pending", stats.pending},
          {"synced", stats.synced},
          {"history_length", stats.history_length},
          {"last_activity", value_or_null(stats.last_activity)}};
}

json::value sync_value(const SyncReply& sync) {
  return {{"message", sync.message},
          {"synced", value_or_null(sync.synced)},
          {"dead_lettered", sync.dead_lettered}};
}

}  // namespace

std::string render_json(const RunReport& report) {
  json::object document;
  document["ok"] = passed(report);
  document["url"] = report.url;
  document["sync"] = report.sync ? sync_value(*report.sync) : json::value{};
  document["stats"] = report.stats ? stats_value(*report.stats) : json::value{};
  json::array sessions;
  for (const SessionReport& session : report.sessions) {
    sessions.push_back(session_value(session));
  }
  document["sessions"] = std::move(sessions);
  document["differences"] = json::value_from(report.differences);
  return json::serialize(document) + "\n";
}

}  // namespace chatsync::test_cache

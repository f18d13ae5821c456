#include "http/handlers.hpp"
#include "http/json_text.hpp"
#include "http/metrics_page.hpp"
#include "http/openapi_file.hpp"

namespace chatsync::http {

boost::asio::awaitable<Result<Reply>> get_index(Call call) {
  *call.out +=
      R"({"name":"chatsync","api":"/openapi.json","health":"/healthz","readiness":"/readyz","metrics":"/metrics"})";
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_health(Call call) {
  *call.out += R"({"status":"ok"})";
  co_return Reply{};
}

boost::asio::awaitable<Result<Reply>> get_readiness(Call call) {
  const service::Readiness readiness = co_await call.chat->readiness();
  // Turns are accepted as long as one of the two is there.
  const bool ready = !readiness.cache_failure || !readiness.store_failure;
  const bool whole = !readiness.cache_failure && !readiness.store_failure;
  std::string& out = *call.out;
  append_text(out, R"({"status":)", whole ? "ready" : ready ? "degraded" : "unready");
  append_text(out, R"(,"cache":{"kind":)", readiness.cache_kind);
  append_text(out, R"(,"status":)", readiness.cache_failure ? "down" : "ok");
  append_text(out, R"(,"durability":)", readiness.cache.durability);
  append_text(out, R"(},"store":{"kind":)", readiness.store_kind);
  append_text(out, R"(,"status":)", readiness.store_failure ? "down" : "ok");
  out += "}}";
  Reply reply;
  if (!ready) reply.status = 503;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_metrics(Call call) {
  const service::CacheState cache = co_await call.chat->cache_state();
  *call.out += call.metrics->render(cache);
  Reply reply;
  reply.media_type = MetricsPage::kMediaType;
  co_return reply;
}

boost::asio::awaitable<Result<Reply>> get_openapi(Call call) {
  *call.out += openapi_json;
  co_return Reply{};
}

}  // namespace chatsync::http

#include "http/connection_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace chatsync::http {
namespace {

using std::chrono::milliseconds;

DeadlineLists::Allowances allowances_of(const HttpOptions& options) {
  constexpr milliseconds kMemoryKept{1'000};
  constexpr milliseconds kLinger{2'000};
  const milliseconds fresh = std::min(kMemoryKept, options.idle_timeout / 2);
  DeadlineLists::Allowances result{};
  const auto allow = [&](Phase phase, milliseconds time) { result[static_cast<std::size_t>(phase)] = time; };
  allow(Phase::fresh, fresh);
  allow(Phase::idle, options.idle_timeout - fresh);
  allow(Phase::header, options.header_timeout);
  allow(Phase::body, options.body_timeout);
  allow(Phase::write, options.write_timeout);
  allow(Phase::linger, kLinger);
  return result;
}

}  // namespace

RequestIds::RequestIds() {
  std::random_device random;
  prefix_ = fmt::format("{:08x}{:08x}-", random(), random());
}

void RequestIds::next(std::string& id) {
  id = prefix_;
  const fmt::format_int digits(++count_);
  id.append(digits.data(), digits.size());
}

ConnectionContext::ConnectionContext(const HttpOptions& given, const HttpWorker& worker, const Clock& time)
    : options(given),
      chat(*worker.chat),
      completions(worker.completions),
      responses(worker.responses),
      conversations(worker.conversations),
      extras(worker.extras),
      clock(time),
      deadlines(allowances_of(given)),
      sender(worker.executor) {}

}  // namespace chatsync::http

#include "http/metric_families.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace chatsync::http {
namespace {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type) {
  prometheus::MetricFamily result;
  result.name = std::move(name);
  result.help = std::move(help);
  result.type = type;
  return result;
}

}  // namespace

prometheus::MetricFamily counter_family(std::string name, std::string help) {
  return family(std::move(name), std::move(help), prometheus::MetricType::Counter);
}

prometheus::MetricFamily gauge_family(std::string name, std::string help) {
  return family(std::move(name), std::move(help), prometheus::MetricType::Gauge);
}

prometheus::MetricFamily histogram_family(std::string name, std::string help) {
  return family(std::move(name), std::move(help), prometheus::MetricType::Histogram);
}

void add_counter(prometheus::MetricFamily& family, double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  family.metric.push_back(std::move(metric));
}

void add_gauge(prometheus::MetricFamily& family, double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

void add_histogram(prometheus::MetricFamily& family, std::span<const DurationHistogram* const> parts,
                   Labels labels) {
  std::array<std::uint64_t, DurationHistogram::kBoundsUs.size() + 1> counts = {};
  double sum_us = 0;
  for (const DurationHistogram* part : parts) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += part->buckets()[i].value();
    sum_us += static_cast<double>(part->sum_us());
  }
  prometheus::ClientMetric metric;
  auto& histogram = metric.histogram;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool last = i == DurationHistogram::kBoundsUs.size();
    histogram.sample_count += counts[i];
    histogram.bucket.push_back(
        {histogram.sample_count, last ? std::numeric_limits<double>::infinity()
                                      : static_cast<double>(DurationHistogram::kBoundsUs[i]) / 1e6});
  }
  if (histogram.sample_count == 0 && !labels.empty()) return;
  histogram.sample_sum = sum_us / 1e6;
  metric.label = std::move(labels);
  family.metric.push_back(std::move(metric));
}

prometheus::MetricFamily counter(std::string name, std::string help, double value) {
  auto result = counter_family(std::move(name), std::move(help));
  add_counter(result, value);
  return result;
}

prometheus::MetricFamily gauge(std::string name, std::string help, double value) {
  auto result = gauge_family(std::move(name), std::move(help));
  add_gauge(result, value);
  return result;
}

}  // namespace chatsync::http

#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"

namespace chatsync::http {

using Labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily counter_family(std::string name, std::string help);
prometheus::MetricFamily gauge_family(std::string name, std::string help);
prometheus::MetricFamily histogram_family(std::string name, std::string help);

void add_counter(prometheus::MetricFamily& family, double value, Labels labels = {});
void add_gauge(prometheus::MetricFamily& family, double value, Labels labels = {});
/// The sum of `parts`, in seconds. Left out while nothing has been observed and there are labels.
void add_histogram(prometheus::MetricFamily& family, std::span<const DurationHistogram* const> parts,
                   Labels labels = {});

/// A family of one value without labels.
prometheus::MetricFamily counter(std::string name, std::string help, double value);
prometheus::MetricFamily gauge(std::string name, std::string help, double value);

}  // namespace chatsync::http

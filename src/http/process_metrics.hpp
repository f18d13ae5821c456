#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace chatsync::http {

/// Appends the `process_…` families that every exporter has. What the system does not tell is left out.
void add_process_metrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace chatsync::http

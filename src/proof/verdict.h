#pragma once

#include <string>

#include "proof/check.h"

namespace s3ferry {

// Pure. Whether the counters of a finished check pass it.
bool check_passes(const CheckOptions& options, const CheckCounters& counters);
// What would mend a failed check, as one or more sentences; empty when it passed.
std::string mending_advice(const CheckOptions& options, const CheckCounters& counters);
// How many of `objects` must match, in key order: the first part, rounded up.
std::uint64_t threshold_rank(double threshold, std::uint64_t objects);

}  // namespace s3ferry

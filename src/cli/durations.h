#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace s3ferry {

// "90s", "10m", "1h30m", "2d": whole numbers, each with its unit (s, m, h, d), larger units first;
// more than nothing and at most 366 days. A number without a unit is no duration.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace s3ferry

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "report/time_zone.h"

namespace s3ferry {

// What the three flags of a budget take: requests or bytes a second, always or by the time of day.
inline constexpr std::uint64_t kMostRequestsPerSecond = 1'000'000;
inline constexpr ByteCount kLeastBandwidth = 64 * kKiB;
Result<RateSchedule> parse_request_budget(std::string_view flag, std::string_view value);
Result<RateSchedule> parse_byte_budget(std::string_view flag, std::string_view value);

// Where budgets go by the time of day: in which zone, what time it is there, and what holds now.
// Empty where none does.
std::string budgets_in_force(const Options& options, const TimeZone& zone, WallTime now);

}  // namespace s3ferry

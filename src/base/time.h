#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3ferry {

// Calendar time, UTC, as the Runtime's wall clock and S3 give it. Millisecond grain: S3's listings
// carry .000Z, its HTTP dates whole seconds.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
// Monotonic time of a Runtime; its zero means nothing.
using Duration = std::chrono::nanoseconds;
struct MonotonicClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicClock::time_point;

// "2026-11-22T01:02:03Z", with an optional fraction of any length and an offset of +hh:mm.
std::optional<WallTime> parse_iso8601(std::string_view text);
std::string format_iso8601(WallTime time);        // "2026-11-22T01:02:03Z"
std::string format_iso8601_millis(WallTime time);  // "2026-11-22T01:02:03.000Z"
std::string format_amz_date(WallTime time);        // "20261122T010203Z"
std::optional<WallTime> parse_amz_date(std::string_view text);
std::optional<WallTime> parse_http_date(std::string_view text);  // "Sun, 22 Nov 2026 01:02:03 GMT"
std::string format_http_date(WallTime time);

}  // namespace s3ferry

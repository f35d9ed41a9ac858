#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/rate_schedule.h"
#include "base/time.h"

namespace s3ferry::aws {

// How many requests one side is sent in a second at most, over everything that shares it: a promise
// to whoever runs that side. Grants stand at even distances (one each 1.06 s / rate), and nothing
// is saved up while nobody asks: no sliding second holds more than the rate, not at the server's
// end either while the time to get there varies by less than kWayVaries. Where the rate goes by the
// time of day, a grant keeps to the stricter of the rates that hold when it is given and when the
// request may still arrive. Safe from any thread; nobody waits in here. Outlives its users.
class RequestRate {
 public:
  RequestRate() = default;  // no limit
  explicit RequestRate(RateSchedule schedule) : schedule_(std::move(schedule)) {}
  RequestRate(const RequestRate&) = delete;
  RequestRate& operator=(const RequestRate&) = delete;

  bool limits() const { return schedule_.limits(); }
  // What grants keep to at that time; 0: no limit.
  std::uint64_t a_second(WallTime wall) const;

  // One request on each of the two (null: none) from now on, or none on either: then the time at
  // which to ask again. `now` is one clock for all threads.
  static std::optional<TimePoint> take(RequestRate* one, RequestRate* other, TimePoint now,
                                       WallTime wall);

 private:
  void grant(TimePoint now, Duration distance);
  Duration distance_at(WallTime wall) const;  // zero: no limit now

  const RateSchedule schedule_;
  std::mutex mutex_;
  TimePoint next_{};  // guarded by mutex_: before this nothing is granted
};

// A grant that was taken up later than this is no grant any more.
inline constexpr Duration kGrantKeeps = std::chrono::milliseconds(20);
// What is left of the margin for the way to the server.
inline constexpr Duration kWayVaries = std::chrono::milliseconds(30);

}  // namespace s3ferry::aws

#pragma once

#include "base/rate_schedule.h"
#include "base/types.h"
#include "runtime/runtime.h"

namespace s3ferry {

// A limit on the bytes that pass through this host in a second, over everything that shares it.
// Whoever takes bytes is given the next stretch of time at the granted rate and waits for its
// beginning: first come, first served, and never more than kBandwidthSlack ahead of the rate, so
// that an idle minute is not made up for by a burst. One shard.
class Bandwidth {
 public:
  Bandwidth(Runtime& runtime, RateSchedule bytes_per_second)
      : runtime_(runtime), schedule_(std::move(bytes_per_second)) {}
  Bandwidth(Runtime& runtime, ByteCount bytes_per_second)  // 0: no limit
      : Bandwidth(runtime, RateSchedule(bytes_per_second)) {}

  // Returns when `bytes` may pass. kCancelled only.
  Task<Status> take(ByteCount bytes);
  ByteCount taken() const { return taken_; }

 private:
  Runtime& runtime_;
  const RateSchedule schedule_;
  ByteCount taken_ = 0;
  TimePoint next_{};
};

// Timers are coarser than a chunk's time at a high rate.
inline constexpr Duration kBandwidthSlack = std::chrono::milliseconds(10);

}  // namespace s3ferry

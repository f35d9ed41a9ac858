#pragma once

#include "base/types.h"
#include "runtime/runtime.h"

namespace s3ferry {

// A limit on the bytes that pass through this host in a second, over everything that shares it.
// Whoever takes bytes is given the next stretch of time at the granted rate and waits for its
// beginning: first come, first served, and never more than kBandwidthSlack ahead of the rate, so
// that an idle minute is not made up for by a burst. One shard.
class Bandwidth {
 public:
  Bandwidth(Runtime& runtime, ByteCount bytes_per_second)  // 0: no limit
      : runtime_(runtime), rate_(bytes_per_second) {}

  // Returns when `bytes` may pass. kCancelled only.
  Task<Status> take(ByteCount bytes);
  ByteCount rate() const { return rate_; }
  ByteCount taken() const { return taken_; }

 private:
  Runtime& runtime_;
  ByteCount rate_;
  ByteCount taken_ = 0;
  TimePoint next_{};
};

// Timers are coarser than a chunk's time at a high rate.
inline constexpr Duration kBandwidthSlack = std::chrono::milliseconds(10);

}  // namespace s3ferry

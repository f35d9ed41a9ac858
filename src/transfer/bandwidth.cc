#include "transfer/bandwidth.h"

#include <algorithm>
#include <chrono>

namespace s3ferry {

Task<Status> Bandwidth::take(ByteCount bytes) {
  taken_ += bytes;
  if (rate_ == 0) co_return Status();
  const TimePoint now = runtime_.now();
  const TimePoint begin = std::max(next_, now - kBandwidthSlack);
  const std::chrono::duration<double> lasts(static_cast<double>(bytes) /
                                            static_cast<double>(rate_));
  next_ = begin + std::chrono::duration_cast<Duration>(lasts);
  if (begin <= now) co_return Status();
  co_return co_await runtime_.sleep_until(begin);
}

}  // namespace s3ferry

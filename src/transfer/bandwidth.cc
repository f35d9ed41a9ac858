#include "transfer/bandwidth.h"

#include <algorithm>
#include <chrono>

namespace s3ferry {
namespace {

// So much passes before whatever else is ready has its turn: one fast stream would otherwise keep
// the others from their sockets until it ends, and servers close connections that stand still.
constexpr ByteCount kTurnBytes = 1 * kMiB;

}  // namespace

Task<Status> Bandwidth::take(ByteCount bytes) {
  const ByteCount turns_before = taken_ / kTurnBytes;
  taken_ += bytes;
  const ByteCount rate = schedule_.limits() ? schedule_.at(runtime_.wall_now()) : 0;
  if (rate == 0) {
    if (taken_ / kTurnBytes == turns_before) co_return Status();
    co_return co_await runtime_.yield();
  }
  const TimePoint now = runtime_.now();
  const TimePoint begin = std::max(next_, now - kBandwidthSlack);
  const std::chrono::duration<double> lasts(static_cast<double>(bytes) /
                                            static_cast<double>(rate));
  next_ = begin + std::chrono::duration_cast<Duration>(lasts);
  if (begin <= now) co_return Status();
  co_return co_await runtime_.sleep_until(begin);
}

}  // namespace s3ferry

#include "aws/request_rate.h"

#include <algorithm>

namespace s3ferry::aws {
namespace {

// Who comes late for a grant (timers are coarse, loops are busy) does not lose it, up to here; so
// much more than the even distance a few requests may come closer together.
constexpr Duration kSlack = std::chrono::milliseconds(10);
// N + 1 grants span at least this less kSlack, N + 1 requests on the wire less kGrantKeeps, and at
// the server less kWayVaries: a second.
constexpr Duration kWindow = std::chrono::seconds(1) + kSlack + kGrantKeeps + kWayVaries;

}  // namespace

std::uint64_t RequestRate::a_second(WallTime wall) const {
  const std::uint64_t now = schedule_.at(wall);
  if (!schedule_.has_windows()) return now;
  const std::uint64_t then =
      schedule_.at(wall + std::chrono::ceil<WallTime::duration>(kGrantKeeps + kWayVaries));
  return now == 0 || then == 0 ? std::max(now, then) : std::min(now, then);
}

Duration RequestRate::distance_at(WallTime wall) const {
  const std::uint64_t rate = a_second(wall);
  if (rate == 0) return Duration::zero();
  const auto most = static_cast<std::uint64_t>(kWindow.count());
  return Duration(static_cast<Duration::rep>((most + rate - 1) / rate));
}

void RequestRate::grant(TimePoint now, Duration distance) {
  next_ = std::max(next_, now - kSlack) + distance;
}

std::optional<TimePoint> RequestRate::take(RequestRate* one, RequestRate* other, TimePoint now,
                                           WallTime wall) {
  if (other == one) other = nullptr;
  const Duration of_one = one != nullptr ? one->distance_at(wall) : Duration::zero();
  const Duration of_other = other != nullptr ? other->distance_at(wall) : Duration::zero();
  std::unique_lock<std::mutex> lock_one, lock_other;
  if (of_one > Duration::zero()) lock_one = std::unique_lock(one->mutex_, std::defer_lock);
  if (of_other > Duration::zero()) lock_other = std::unique_lock(other->mutex_, std::defer_lock);
  if (lock_one.mutex() != nullptr && lock_other.mutex() != nullptr)
    std::lock(lock_one, lock_other);
  else if (lock_one.mutex() != nullptr)
    lock_one.lock();
  else if (lock_other.mutex() != nullptr)
    lock_other.lock();
  TimePoint earliest = now;
  if (lock_one) earliest = std::max(earliest, one->next_);
  if (lock_other) earliest = std::max(earliest, other->next_);
  if (earliest > now) return earliest;
  if (lock_one) one->grant(now, of_one);
  if (lock_other) other->grant(now, of_other);
  return std::nullopt;
}

}  // namespace s3ferry::aws

#pragma once

#include <atomic>
#include <limits>
#include <optional>

#include "base/time.h"

namespace s3ferry::aws {

// When the try of a call that is waited for was written to its connection: not while a rate, a
// connection or a delay between tries is what is waited for. Set by whoever carries the call, read
// from any thread.
class SentNote {
 public:
  void set(TimePoint now) { at_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }
  void clear() { at_.store(kNot, std::memory_order_relaxed); }
  std::optional<TimePoint> at() const {
    const auto at = at_.load(std::memory_order_relaxed);
    return at == kNot ? std::nullopt : std::optional(TimePoint(Duration(at)));
  }

 private:
  static constexpr Duration::rep kNot = std::numeric_limits<Duration::rep>::min();
  std::atomic<Duration::rep> at_{kNot};
};

}  // namespace s3ferry::aws

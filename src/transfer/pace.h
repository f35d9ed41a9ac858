#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "runtime/runtime.h"
#include "runtime/semaphore.h"

namespace s3ferry {

// How many copies may be in flight: `first` of them when a run begins; halved when nothing is
// answered in time or the retry budget is empty (at most once a second, because one overload is
// told by many answers), lowered while small copies take much longer than they did, and given back
// bit by bit with each copy that works. Never above what the operator granted, never below one. One
// shard.
class Pace {
 public:
  Pace(Runtime& runtime, std::size_t most, std::size_t first)
      : runtime_(runtime), most_(most), permits_(std::min(first, most)) {}
  Pace(Runtime& runtime, std::size_t most) : Pace(runtime, most, most) {}

  Task<Status> acquire() { return permits_.acquire(); }
  Semaphore& permits() { return permits_; }
  std::size_t limit() const { return permits_.limit(); }
  std::size_t in_flight() const { return permits_.in_use(); }

  void slow_down();
  void succeeded();
  // How long the server took for a copy of few bytes, tried once.
  void took(Duration latency);
  bool was_slowed() const { return slowed_; }
  // How long a copy that was given back waits before its n-th (from 0) next try: doubling, at most
  // 20 s, jittered, and never less than what the server asked for.
  Duration delay_before_retry(int n, std::int64_t retry_after_ms) const;

 private:
  Runtime& runtime_;
  std::size_t most_;
  Semaphore permits_;
  bool slowed_ = false;
  TimePoint last_drop_{};
  double credit_ = 0;  // part of a permit earned since
  static constexpr std::size_t kRound = 64;
  std::array<Duration, kRound> round_{};
  std::size_t in_round_ = 0;
  TimePoint crowded_until_{};  // the last round took long
  // The shortest median of a round, in this minute and the one before.
  Duration usual_ = Duration::max(), usual_before_ = Duration::max();
  TimePoint minute_{};
};

}  // namespace s3ferry

#include "transfer/pace.h"

#include <algorithm>
#include <utility>

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDropEvery = 1s;
constexpr double kFirstDelaySeconds = 0.5;
constexpr double kLongestDelaySeconds = 20;
// A round of as many copies as are in flight gives back 1/64 of the whole.
constexpr double kRoundsToRestore = 64;
// Copies that wait at the server for each other: more in flight would only wait longer.
constexpr int kCrowdedTimes = 2;
constexpr Duration kCrowdedAtLeast = 50ms, kForgetUsual = 60s, kCrowdedFor = 5s;
constexpr double kCrowdedKeeps = 0.7;
constexpr std::size_t kLeastCrowded = 8;

}  // namespace

void Pace::slow_down() {
  const TimePoint now = runtime_.now();
  if (slowed_ && now - last_drop_ < kDropEvery) return;
  slowed_ = true;
  last_drop_ = now;
  credit_ = 0;
  permits_.set_limit(std::max<std::size_t>(1, permits_.limit() / 2));
}

void Pace::succeeded() {
  const std::size_t limit = permits_.limit();
  if (limit >= most_ || runtime_.now() < crowded_until_) return;
  const double a_round = std::max(1.0, static_cast<double>(most_) / kRoundsToRestore);
  credit_ += a_round / static_cast<double>(limit);
  if (credit_ < 1) return;
  const auto earned = static_cast<std::size_t>(credit_);
  credit_ -= static_cast<double>(earned);
  permits_.set_limit(std::min(most_, limit + earned));
}

void Pace::took(Duration latency) {
  round_[in_round_] = latency;
  if (++in_round_ < kRound) return;
  in_round_ = 0;
  const auto middle = round_.begin() + kRound / 2;
  std::nth_element(round_.begin(), middle, round_.end());
  const TimePoint now = runtime_.now();
  if (now - minute_ >= kForgetUsual) {
    usual_before_ = std::exchange(usual_, Duration::max());
    minute_ = now;
  }
  usual_ = std::min(usual_, *middle);
  const bool crowded = *middle > kCrowdedTimes * std::min(usual_, usual_before_) + kCrowdedAtLeast;
  crowded_until_ = crowded ? now + kCrowdedFor : now;
  const std::size_t limit = permits_.limit();
  if (!crowded || limit <= kLeastCrowded || (slowed_ && now - last_drop_ < kDropEvery)) return;
  slowed_ = true;
  last_drop_ = now;
  credit_ = 0;
  const auto kept = static_cast<std::size_t>(kCrowdedKeeps * static_cast<double>(limit));
  permits_.set_limit(std::max(kLeastCrowded, kept));
}

Duration Pace::delay_before_retry(int n, std::int64_t retry_after_ms) const {
  double seconds = kFirstDelaySeconds;
  for (int i = 0; i < n && seconds < kLongestDelaySeconds; ++i) seconds *= 2;
  seconds = std::min(seconds, kLongestDelaySeconds) * (0.5 + 0.5 * runtime_.random_unit());
  const auto jittered =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  return jittered + std::chrono::milliseconds(std::max<std::int64_t>(0, retry_after_ms));
}

}  // namespace s3ferry

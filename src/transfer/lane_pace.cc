#include "transfer/lane_pace.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

// One overload is told by many answers.
constexpr Duration kDropEvery = 200ms;
constexpr double kDropTo = 0.93;  // of what was served
constexpr double kLeastRate = 1;  // copies a second; at a standstill nothing would be learnt
constexpr double kLeastCeiling = 2;
// Refused of the last few hundred: what means nothing. Three that come close together do.
constexpr double kFewOfAll = 0.0105, kOfTheLast = 200;
// So much of all refused: an outage rather than a limit; the one that was known stays.
constexpr double kOutageShare = 0.7;
// Drops without a pause that changed nothing: the rate sank so far, and was never back where the
// drop before came from.
constexpr int kMostInVain = 8;
constexpr Duration kSeries = 4s, kToleratedFor = 60s;
constexpr double kAsGoodAsBack = 0.97, kSunk = 0.5, kLeastAnswers = 16;
constexpr double kStillAsMuch = 0.7, kTolerance = 1.5;
// From kDropTo back to the ceiling takes as long as so many copies, and as long again as far past
// it.
constexpr double kCopiesBack = 500, kLeastSecondsBack = 2.5, kMostSecondsBack = 16;
// So far past the ceiling the limit is surely another.
constexpr double kSureOf = 0.1, kDoublesInSeconds = 2;
constexpr double kFirstDoublesInSeconds = 0.5;
constexpr double kForgotten = 64;  // times the ceiling
// Late timers do not cost rate, up to here; so many copies may come closer together.
constexpr Duration kSlack = 10ms;
constexpr Duration kMostDebt = 2s;
// What was served is judged by so many answers of so many bins, or by all bins.
constexpr Duration kBin = 62500us;
constexpr std::size_t kLeastBins = 3;
constexpr double kEnoughAnswers = 64;

}  // namespace

double LanePace::rate_at(TimePoint now) const {
  if (!limited_) return std::numeric_limits<double>::infinity();
  const double since = Seconds(now - dropped_).count();
  if (doubles_) return floor_ * std::exp2(std::max(0.0, since) / kFirstDoublesInSeconds);
  const double once = std::clamp(kCopiesBack / ceiling_, kLeastSecondsBack, kMostSecondsBack);
  const double growth = (1 - kDropTo) / (once * once * once);
  const double back = std::cbrt(std::max(0.0, 1 - floor_ / ceiling_) / growth);
  const double past = std::cbrt(kSureOf / growth);
  const double ahead = std::min(since - back, past);
  const double curve = 1 + growth * ahead * ahead * ahead;
  const double doubled = std::exp2(std::max(0.0, since - back - past) / kDoublesInSeconds);
  return std::max(floor_, ceiling_ * curve * doubled);
}

double LanePace::rate(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  return rate_at(now);
}

TimePoint LanePace::ready(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  return limited_ ? next_ : now;
}

void LanePace::take(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (!limited_) return;
  const double rate = rate_at(now);
  if (rate > kForgotten * ceiling_) {
    limited_ = false;
    return;
  }
  next_ = std::max(next_, now - kSlack) + std::chrono::duration_cast<Duration>(Seconds(1 / rate));
  next_ = std::min(next_, now + kMostDebt);
}

void LanePace::begin_at(TimePoint now, double rate) {
  const std::lock_guard lock(mutex_);
  limited_ = doubles_ = true;
  floor_ = ceiling_ = std::max(kLeastRate, rate);
  dropped_ = next_ = now;
}

void LanePace::turn_bins(TimePoint now) {
  const std::int64_t bin = now.time_since_epoch() / kBin;
  if (bin - bin_ >= static_cast<std::int64_t>(kBins)) first_ = now;  // after a pause, or at all
  bin_ = std::max(bin_, bin - static_cast<std::int64_t>(kBins));
  while (bin_ < bin) {
    const std::size_t fresh = static_cast<std::size_t>(++bin_) % kBins;
    taken_[fresh] = refused_[fresh] = 0;
  }
}

LanePace::Window LanePace::window(TimePoint now) const {
  Window out;
  std::size_t bins = 0;
  while (bins < kBins && (bins < kLeastBins || out.taken + out.refused < kEnoughAnswers)) {
    const std::size_t at = static_cast<std::size_t>(bin_ - static_cast<std::int64_t>(bins)) % kBins;
    out.taken += taken_[at];
    out.refused += refused_[at];
    ++bins;
  }
  // The newest bin counts as far as it has come.
  const Duration covered = kBin * (bins - 1) + now.time_since_epoch() % kBin;
  out.seconds = Seconds(std::clamp<Duration>(now - first_, kBin, covered)).count();
  return out;
}

void LanePace::succeeded(TimePoint now) {
  const std::lock_guard lock(mutex_);
  turn_bins(now);
  ++taken_[static_cast<std::size_t>(bin_) % kBins];
  lately_refused_ -= lately_refused_ / kOfTheLast;
}

// A limit takes what is sent within it: once it was met, less is refused until the rate is back
// there.
bool LanePace::is_in_vain(TimePoint now, const Window& seen) {
  const double rate = rate_at(now), share = seen.refused / (seen.refused + seen.taken);
  if (!limited_ || now - dropped_ > kSeries || rate > kAsGoodAsBack * ceiling_) {
    drops_ = 0;
    most_refused_ = 0;
    began_ = limited_ ? rate : seen.taken / seen.seconds;
  }
  most_refused_ = std::max(most_refused_, share);
  const bool sank = rate < kSunk * began_ && seen.refused + seen.taken >= kLeastAnswers;
  if (++drops_ <= kMostInVain || !sank || share < kStillAsMuch * most_refused_ ||
      share > kOutageShare)
    return false;
  tolerated_ = share * kTolerance;
  tolerated_until_ = now + kToleratedFor;
  limited_ = false;
  return true;
}

void LanePace::throttled(TimePoint now, TimePoint sent) {
  const std::lock_guard lock(mutex_);
  turn_bins(now);
  if (limited_ && sent < dropped_) return;  // the drop has answered it
  ++refused_[static_cast<std::size_t>(bin_) % kBins];
  lately_refused_ += (1 - lately_refused_) / kOfTheLast;
  if (limited_ && now - dropped_ < kDropEvery) return;
  const double borne = now < tolerated_until_ ? std::max(kFewOfAll, tolerated_) : kFewOfAll;
  if (lately_refused_ < borne) return;
  const Window seen = window(now);
  const double share = seen.refused / (seen.refused + seen.taken);
  if (!is_in_vain(now, seen)) drop(now, seen.taken / seen.seconds, share);
}

void LanePace::drop(TimePoint now, double taken, double share) {
  if (!limited_ || now - dropped_ > kSeries) before_ = limited_ ? ceiling_ : taken;
  if (limited_ && share >= kOutageShare)
    ceiling_ = std::max(ceiling_, before_);
  else
    ceiling_ = std::max(kLeastCeiling, taken);
  floor_ = std::min(ceiling_, std::max(kLeastRate, kDropTo * taken));
  if (!limited_) next_ = now;
  limited_ = true;
  doubles_ = false;
  dropped_ = now;
  refused_.fill(0);
  lately_refused_ = 0;
}

}  // namespace s3ferry

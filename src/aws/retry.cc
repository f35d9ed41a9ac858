#include "aws/retry.h"

#include <algorithm>
#include <cmath>

namespace s3ferry::aws {

Duration backoff_delay(const RetryPolicy& policy, RetryCause cause, int retries, double unit) {
  const Duration base = cause == RetryCause::kThrottling ? policy.throttling_base : policy.base;
  // In floating point: the power would overflow an integer long before the cap matters.
  const double grown = std::ldexp(static_cast<double>(base.count()), retries);
  const double capped = std::min(grown, static_cast<double>(policy.cap.count()));
  return Duration(static_cast<Duration::rep>(capped * unit));
}

RetrySession::Verdict RetrySession::on_failure(RetryCause cause, double unit,
                                               std::optional<Duration> hint) {
  if (attempts_ >= policy_.max_attempts) return {Outcome::kAttemptsExceeded, Duration::zero()};
  Duration delay = backoff_delay(policy_, cause, attempts_ - 1, unit);
  if (hint) delay = std::clamp(*hint, delay, delay + policy_.hint_slack);
  const int cost = cause == RetryCause::kThrottling ? policy_.throttling_cost : policy_.cost;
  if (!budget_.try_take(cost)) return {Outcome::kBudgetEmpty, delay};
  last_cost_ = cost;
  ++attempts_;
  return {Outcome::kRetry, delay};
}

void RetrySession::on_success() {
  budget_.give_back(last_cost_ > 0 ? last_cost_ : 1);
  last_cost_ = 0;
}

}  // namespace s3ferry::aws

#include "aws/retry.h"

#include <gtest/gtest.h>

namespace s3ferry::aws {
namespace {

using namespace std::chrono_literals;
using Outcome = RetrySession::Outcome;

TEST(Backoff, GrowsFromItsBaseToTheCap) {
  const RetryPolicy policy;
  EXPECT_EQ(backoff_delay(policy, RetryCause::kTransient, 0, 1), 50ms);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kTransient, 3, 1), 400ms);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 0, 1), 1s);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 4, 1), 16s);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 5, 1), 20s);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 1000, 1), 20s);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 5, 0.25), 5s);
  EXPECT_EQ(backoff_delay(policy, RetryCause::kThrottling, 5, 0), 0s);
}

TEST(Retry, AServersHintIsBounded) {
  const RetryPolicy policy;
  RetryBudget budget;
  const auto delay_for = [&](Duration hint) {
    RetrySession session(policy, budget);
    return session.on_failure(RetryCause::kThrottling, 0.5, hint).delay;
  };
  EXPECT_EQ(delay_for(100ms), 500ms);  // never sooner than computed
  EXPECT_EQ(delay_for(3s), 3s);
  EXPECT_EQ(delay_for(24h), 5500ms);  // nor 5 s later
}

TEST(Retry, AttemptsOfEarlierSessionsCount) {
  const RetryPolicy policy;
  RetryBudget budget;
  RetrySession session(policy, budget, 6);
  EXPECT_EQ(session.attempts(), 7);
  EXPECT_EQ(session.on_failure(RetryCause::kThrottling, 1).outcome, Outcome::kRetry);
  EXPECT_EQ(session.attempts(), 8);
  EXPECT_EQ(session.on_failure(RetryCause::kThrottling, 1).outcome, Outcome::kAttemptsExceeded);
}

TEST(Retry, TheBudgetIsTakenAndGivenBack) {
  const RetryPolicy policy;
  RetryBudget budget(19, 20);
  RetrySession first(policy, budget);
  EXPECT_EQ(first.on_failure(RetryCause::kTransient, 1).outcome, Outcome::kRetry);
  EXPECT_EQ(budget.tokens(), 5);
  RetrySession second(policy, budget);
  const auto refused = second.on_failure(RetryCause::kTransient, 1);
  EXPECT_EQ(refused.outcome, Outcome::kBudgetEmpty);
  EXPECT_EQ(refused.delay, 50ms);
  EXPECT_EQ(budget.tokens(), 5);
  EXPECT_EQ(second.on_failure(RetryCause::kThrottling, 1).outcome, Outcome::kRetry);
  EXPECT_EQ(budget.tokens(), 0);
  second.on_success();
  EXPECT_EQ(budget.tokens(), 5);
  first.on_success();
  EXPECT_EQ(budget.tokens(), 19);
  for (int i = 0; i < 5; ++i) RetrySession(policy, budget).on_success();
  EXPECT_EQ(budget.tokens(), 20);  // never over its capacity
}

}  // namespace
}  // namespace s3ferry::aws

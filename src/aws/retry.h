#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace s3ferry::aws {

// Retrying as AWS's SDKs do in "standard" mode, in its revision of 2026 (the vectors call it v2.1):
// a retry costs 14 tokens of a shared quota of 500, 5 after throttling; a success gives back what
// its last retry cost, or 1 if there was none; delays are random in [0, min(20 s, base × 2^i)) with
// a base of 50 ms, 1 s after throttling; x-amz-retry-after (milliseconds) is honoured between the
// computed delay and 5 s more. Ours beside it: 8 attempts for a bulk job instead of 3. Pure: no
// clock, no randomness, no waiting in here.

enum class RetryCause : std::uint8_t { kTransient, kThrottling };

struct RetryPolicy {
  int max_attempts = 8;
  Duration base = std::chrono::milliseconds(50);
  Duration throttling_base = std::chrono::seconds(1);
  Duration cap = std::chrono::seconds(20);
  Duration hint_slack = std::chrono::seconds(5);  // over the computed delay
  int cost = 14;
  int throttling_cost = 5;
};

// The shared quota: what keeps a thousand calls from hammering a server that is down. Shared by all
// calls of one side, on whatever loop. Never negative, never over its capacity. Thread-safe.
class RetryBudget {
 public:
  static constexpr int kCapacity = 500;
  RetryBudget() = default;
  explicit RetryBudget(int tokens, int capacity = kCapacity)
      : tokens_(tokens), capacity_(capacity) {}

  bool try_take(int tokens) {
    int now = tokens_.load(std::memory_order_relaxed);
    do {
      if (now < tokens) return false;
    } while (!tokens_.compare_exchange_weak(now, now - tokens, std::memory_order_relaxed));
    return true;
  }
  void give_back(int tokens) {
    int now = tokens_.load(std::memory_order_relaxed);
    while (now < capacity_ && !tokens_.compare_exchange_weak(now, std::min(now + tokens, capacity_),
                                                             std::memory_order_relaxed)) {
    }
  }
  int tokens() const { return tokens_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> tokens_ = kCapacity;
  int capacity_ = kCapacity;
};

// One call's way through its attempts.
class RetrySession {
 public:
  // `attempts_before`: what an earlier session of the same work had used (it came back with an
  // empty budget and was queued again).
  RetrySession(const RetryPolicy& policy, RetryBudget& budget, int attempts_before = 0)
      : policy_(policy), budget_(budget), attempts_(attempts_before + 1) {}

  enum class Outcome : std::uint8_t { kRetry, kAttemptsExceeded, kBudgetEmpty };
  struct Verdict {
    Outcome outcome;
    Duration delay;  // before the next try; with kBudgetEmpty: before the work is taken up again
  };
  // A retryable failure. `unit` is uniform in [0, 1) (1: no jitter); `hint` is what the server
  // asked for.
  Verdict on_failure(RetryCause cause, double unit, std::optional<Duration> hint = {});
  void on_success();
  int attempts() const { return attempts_; }  // the one that is under way counts

 private:
  const RetryPolicy& policy_;
  RetryBudget& budget_;
  int attempts_;
  int last_cost_ = 0;
};

// min(cap, base × 2^retries) × unit; `retries` is 0 before the first one.
Duration backoff_delay(const RetryPolicy& policy, RetryCause cause, int retries, double unit);

}  // namespace s3ferry::aws

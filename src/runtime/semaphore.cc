#include "runtime/semaphore.h"

namespace s3ferry {

bool Semaphore::try_acquire() {
  if (in_use_ >= limit_ || !waiters_.empty()) return false;
  ++in_use_;
  return true;
}

// First come, first served: who finds others waiting queues behind them. A woken waiter looks again,
// because the limit may have been lowered before it ran.
Task<Status> Semaphore::acquire() {
  bool queued = false;
  while (in_use_ >= limit_ || (!queued && !waiters_.empty())) {
    queued = true;
    Status waited = co_await waiters_.wait();
    if (!waited) {
      // The wake-up may have been ours to pass on.
      if (in_use_ < limit_) waiters_.wake_one();
      co_return waited;
    }
  }
  ++in_use_;
  if (in_use_ < limit_) waiters_.wake_one();
  co_return Status();
}

void Semaphore::release() {
  --in_use_;
  if (in_use_ < limit_) waiters_.wake_one();
}

void Semaphore::set_limit(std::size_t limit) {
  limit_ = limit;
  if (in_use_ < limit_) waiters_.wake_one();
}

}  // namespace s3ferry

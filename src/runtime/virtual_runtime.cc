#include "runtime/virtual_runtime.h"

#include <stdexcept>

namespace s3ferry {

VirtualRuntime::VirtualRuntime(std::uint64_t seed, WallTime start)
    : seed_(seed), start_(start), random_(seed) {}

Task<Status> VirtualRuntime::sleep_until(TimePoint when) {
  if (when <= now_) co_return co_await yield();
  WaitList waiting;
  const auto key = std::make_pair(when, sequence_++);
  timers_.emplace(key, &waiting);
  Status slept = co_await waiting.wait();
  timers_.erase(key);
  co_return slept;
}

void VirtualRuntime::drive(const bool& done) {
  context().restart();
  while (!done) {
    if (context().poll() != 0) {
      context().restart();
      continue;
    }
    context().restart();
    if (done) break;
    if (timers_.empty())
      throw std::logic_error("virtual time: a task waits and nothing is left that could wake it");
    const auto first = timers_.begin();
    now_ = first->first.first;
    WaitList* waiting = first->second;
    timers_.erase(first);
    waiting->wake_one();
  }
}

}  // namespace s3ferry

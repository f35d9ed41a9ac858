#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>

#include "runtime/event.h"
#include "runtime/runtime.h"

namespace s3ferry {

// The simulation's runtime: time stands still while any task can run and then jumps to the next
// timer, so a run costs CPU time only and is reproducible from its seed. Timers that are due at the
// same instant fire in the order in which they were set.
class VirtualRuntime final : public Runtime {
 public:
  explicit VirtualRuntime(std::uint64_t seed, WallTime start = WallTime(std::chrono::days(20'000)));

  TimePoint now() const override { return now_; }
  WallTime wall_now() const override {
    return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - TimePoint{});
  }
  std::uint64_t random() override { return random_(); }
  Task<Status> sleep_until(TimePoint when) override;
  std::unique_ptr<Worker> make_worker() override;
  std::uint64_t seed() const { return seed_; }

 protected:
  void drive(const bool& done) override;

 private:
  std::uint64_t seed_;
  WallTime start_;
  TimePoint now_{};
  std::mt19937_64 random_;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<TimePoint, std::uint64_t>, WaitList*> timers_;
};

}  // namespace s3ferry

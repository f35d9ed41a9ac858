#pragma once

#include <chrono>
#include <memory>
#include <random>

#include "runtime/runtime.h"

namespace s3ferry {

// The production runtime: steady and system clocks, Asio's timers, random numbers from the system.
class RealRuntime final : public Runtime {
 public:
  RealRuntime();
  ~RealRuntime() override;

  TimePoint now() const override;
  WallTime wall_now() const override;
  std::uint64_t random() override { return random_(); }
  Task<Status> sleep_until(TimePoint when) override;
  std::unique_ptr<Worker> make_worker() override;

 protected:
  void drive(const bool& done) override;

 private:
  std::mt19937_64 random_;
};

}  // namespace s3ferry

#pragma once

#include <functional>

#include "runtime/task.h"

namespace s3ferry {

// Blocking work (a database's writes) beside the loop, one job after the other in the order of the
// calls. Made by Runtime::make_worker(): a thread of its own in real time; in virtual time the job
// runs inside the call, so that a simulation stays on one thread and repeatable. Used from the
// loop's thread; outlives its jobs: run() each to its end before it dies.
class Worker {
 public:
  virtual ~Worker() = default;
  // Runs `job`, which must not throw, and returns when it has ended. Deaf to cancellation: a job
  // that began ends. What the job refers to lives until then; `job` itself is destroyed on the
  // loop's thread.
  virtual Task<void> run(std::function<void()> job) = 0;
};

}  // namespace s3ferry

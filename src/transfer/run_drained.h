#pragma once

#include <functional>

#include "runtime/runtime.h"
#include "transfer/drain.h"

namespace s3ferry {

// Runs `task` to its end. Asked to drain, before or meanwhile, it calls `asked` (where there is
// one), and `grace` later it cancels the task. What the task throws comes out here. All that is
// referred to outlives it; `signal` may be null.
Task<void> run_drained(Runtime& runtime, DrainSignal* signal, Duration grace,
                       std::function<void(const Error&)> asked, Task<void> task);

}  // namespace s3ferry

#pragma once

#include <optional>

#include "runtime/event.h"
#include "runtime/runtime.h"
#include "transfer/drain.h"

namespace s3ferry {

// What may ask a command to end in good order. Each may be missing.
struct EndingCauses {
  Event* interrupt = nullptr;            // a signal
  DrainSignal* outer = nullptr;          // what the command is a part of is to end
  std::optional<Duration> max_duration;  // from now on
};

// Runs `command`; passes on to `signal` the first cause that comes up meanwhile. Never cancels: the
// command watches its signal. What it throws comes out here.
Task<int> run_until_asked(Runtime& runtime, EndingCauses causes, DrainSignal& signal,
                          Task<int> command);

}  // namespace s3ferry

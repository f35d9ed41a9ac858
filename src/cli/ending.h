#pragma once

#include <optional>

#include "cli/app.h"
#include "cli/options.h"
#include "runtime/event.h"
#include "runtime/runtime.h"
#include "transfer/drain.h"

namespace s3ferry {

// What may ask a command to end in good order. Each may be missing.
struct EndingCauses {
  Event* interrupt = nullptr;            // a signal
  DrainSignal* outer = nullptr;          // what the command is a part of is to end
  std::optional<Duration> max_duration;  // from now on
  bool resumable = true;                 // the same command would go on from there
};

// Runs `command`; passes on to `signal` the first cause that comes up meanwhile. Never cancels: the
// command watches its signal. What it throws comes out here.
Task<int> run_until_asked(Runtime& runtime, EndingCauses causes, DrainSignal& signal,
                          Task<int> command);

// Runs a Command that watches an ending() of its own: `outer` is passed on to it, and
// --max-duration counts from here. All that is referred to outlives the task.
template <class Command>
Task<int> run_with_ending(AppContext& context, const Options& options, DrainSignal& outer) {
  Command command(context, options);
  EndingCauses causes;
  causes.outer = &outer;
  causes.max_duration = options.max_duration;
  causes.resumable = options.command != s3ferry::Command::kVerify;
  co_return co_await run_until_asked(context.runtime, causes, command.ending(), command.run());
}

}  // namespace s3ferry

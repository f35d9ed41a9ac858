#pragma once

#include "base/error.h"
#include "cli/app.h"
#include "cli/options.h"
#include "report/time_zone.h"

namespace s3ferry {

// The commands. Each runs to its end, tells the user everything that is to be told, and returns the
// exit code. `options` and `context` outlive the task.
Task<int> run_pair_command(AppContext& context, const Options& options);  // sync, verify
Task<int> run_ls_command(AppContext& context, const Options& options);

// What journals say, from this machine's files alone.
int run_runs_command(AppContext& context, const Options& options);
int run_failures_command(AppContext& context, const Options& options);

// --timezone, or this machine's zone.
Result<TimeZone> zone_of(AppContext& context, const Options& options);

}  // namespace s3ferry

#pragma once

#include "base/error.h"
#include "cli/app.h"
#include "cli/options.h"
#include "report/time_zone.h"
#include "transfer/drain.h"

namespace s3ferry {

// The commands. Each runs to its end, tells the user everything that is to be told, and returns the
// exit code. All that is referred to outlives the task. Asked by `ending`, they end in good order:
// reading at once, copying when what is in flight is finished.
Task<int> run_pair_command(AppContext& context, const Options& options,
                           DrainSignal& ending);  // sync, verify
Task<int> run_ls_command(AppContext& context, const Options& options, DrainSignal& ending);
Task<int> run_list_command(AppContext& context, const Options& options, DrainSignal& ending);

// --no-verify-ssl.
void warn_of_unchecked_certificates(AppContext& context, const Options& options);

// What journals say, from this machine's files alone.
int run_runs_command(AppContext& context, const Options& options);
int run_failures_command(AppContext& context, const Options& options);

// --timezone, or this machine's zone. A TZ that cannot be understood: kConfig where a budget goes
// by the time of day, else a warning and UTC.
Result<TimeZone> zone_of(AppContext& context, const Options& options);

}  // namespace s3ferry

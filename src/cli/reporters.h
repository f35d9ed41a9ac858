#pragma once

#include <memory>
#include <optional>

#include "cli/app.h"
#include "cli/options.h"
#include "report/combined.h"
#include "report/console.h"
#include "report/fan_out.h"
#include "report/json_events.h"
#include "report/run_report.h"
#include "report/task_log.h"
#include "runtime/scope.h"

namespace s3ferry {

// Everybody who is told about a run of `sync` or `verify`: console, JSON, log, --combined. One
// shard's thread. Close with finish(), after stop_ticking().
class Reporters {
 public:
  // Opens the log and the files, before any request. kUsage, kIo.
  static Result<std::unique_ptr<Reporters>> open(AppContext& context, const Options& options);

  EventSink& sink() { return sinks_; }
  Console& console() { return console_; }
  // A few times a second: draws progress, passes on what is buffered.
  void start_ticking();
  Task<void> stop_ticking();
  // The last word. Sets the exit code to 1 where the log or the output could not be written whole;
  // returns it.
  int finish(RunReport& report);

 private:
  Reporters(AppContext& context, const Options& options);
  Status open_log(const Options& options);

  AppContext& context_;
  Console console_;
  std::optional<JsonEvents> json_;
  std::unique_ptr<TaskLog> log_;
  std::unique_ptr<CombinedFile> combined_;
  FanOut sinks_;
  Scope ticker_;
};

}  // namespace s3ferry

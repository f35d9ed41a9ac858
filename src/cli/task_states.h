#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/run_outcome.h"
#include "journal/records.h"

namespace s3ferry {

// A task's state folder, as `runs` and `failures` find it.
struct TaskStateFolder {
  std::string directory;
  bool in_use = false;                                         // a run is at work in it now
  std::string source, target, source_service, target_service;  // of the identity; escaped
  std::vector<RunRecord> runs;                                 // newest first
  std::vector<RunOutcome> outcomes;                            // of the runs that ended
  std::optional<Error> unreadable;                             // then nothing else is sure
  std::string label() const { return runs.empty() ? std::string() : runs.front().label; }
};

// The tasks whose state stands under `root`, or in `root` itself where it is a task's folder; in
// the order of the folders' names. Of each at most `most_runs`. Where there is no such folder:
// none, or kUsage where it was `named` by the user. kUsage where it is no folder, or not readable.
Result<std::vector<TaskStateFolder>> find_task_states(const std::string& root, bool named,
                                                      std::size_t most_runs);
TaskStateFolder read_task_state(const std::string& directory, std::size_t most_runs);
bool holds_task_state(const std::string& directory);

// Why the last try of an open run ended, as far as it could be written down.
std::string why_it_stopped(const RunRecord& run);

}  // namespace s3ferry

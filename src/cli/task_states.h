#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "journal/records.h"

namespace s3ferry {

// A task's state folder, as `runs` and `failures` find it.
struct TaskStateFolder {
  std::string directory;
  bool in_use = false;                                         // a run is at work in it now
  std::string source, target, source_service, target_service;  // of the identity; escaped
  std::vector<RunRecord> runs;                                 // newest first
  std::optional<Error> unreadable;                             // then nothing else is known
  std::string label() const { return runs.empty() ? std::string() : runs.front().label; }
};

// The tasks whose state stands under `root`, or in `root` itself where it is a task's folder; in
// the order of the folders' names. Of each at most `most_runs`. Nothing where there is no such
// folder.
std::vector<TaskStateFolder> find_task_states(const std::string& root, std::size_t most_runs);
TaskStateFolder read_task_state(const std::string& directory, std::size_t most_runs);
bool holds_task_state(const std::string& directory);

}  // namespace s3ferry

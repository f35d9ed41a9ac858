#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "report/run_report.h"

namespace s3ferry {

// How the last try of a task's run ended, its check included, which follows after the journal has
// closed the run: the small file outcome.json beside the journal, for `s3ferry runs`.
struct RunOutcome {
  std::uint64_t run = 0;  // of the journal
  std::string result;     // "success", "fail", "check failed", "deletions refused", "stopped"
  std::string check;      // "success", "fail", "none"
  int exit_code = 0;
};

// `report` with its exit code set.
RunOutcome outcome_of(const RunReport& report, std::uint64_t run);

// Whole or not at all. kIo.
Status write_outcome(const std::string& directory, const RunOutcome& outcome);
void remove_outcome(const std::string& directory);
// Nothing where there is none that can be read.
std::optional<RunOutcome> read_outcome(const std::string& directory);

}  // namespace s3ferry

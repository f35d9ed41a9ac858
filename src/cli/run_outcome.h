#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "report/run_report.h"

namespace s3ferry {

// How the last try of a task's run ended, its check included, which follows after the journal has
// closed the run: kept in the small file outcomes.json beside the journal, for `s3ferry runs`.
struct RunOutcome {
  std::uint64_t run = 0;  // of the journal
  std::string result;     // "success", "fail", "check failed", "deletions refused", "stopped"
  std::string check;      // "success", "fail", "none"
  int exit_code = 0;
};

// `report` with its exit code set.
RunOutcome outcome_of(const RunReport& report, std::uint64_t run);

// Beside those of the runs before, the newest kMostOutcomes of all. Whole or not at all. kIo.
inline constexpr std::size_t kMostOutcomes = 1'000;
Status write_outcome(const std::string& directory, const RunOutcome& outcome);
// Another try of that run begins.
Status remove_outcome(const std::string& directory, std::uint64_t run);
// Newest run first. Nothing where there is no file, or none that can be read.
std::vector<RunOutcome> read_outcomes(const std::string& directory);

}  // namespace s3ferry

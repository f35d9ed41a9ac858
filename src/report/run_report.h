#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "proof/check.h"
#include "transfer/sync.h"

namespace s3ferry {

// Whether the target guards against foreign writes: "honoured", "refused", or "unknown" where it
// is not AWS and no copy has shown it.
std::string_view conditional_writes(const SyncResult& sync);

enum class CheckVerdict : std::uint8_t { kNotMade, kSuccess, kFail };
std::string_view to_string(CheckVerdict verdict);  // "none", "success", "fail"

// Everything that a finished run is summed up by, for people, programs and the log alike.
struct RunReport {
  std::string command;  // "sync", "verify"
  bool dry_run = false;
  bool check_wanted = false;
  std::optional<SyncResult> sync;
  std::optional<CheckResult> check;
  std::optional<Error> check_error;  // the check could not be made
  std::optional<Error> error;        // what ended the run before or beside the engine
  // Requests sent, by operation, in the order of their names.
  std::vector<std::pair<std::string, std::uint64_t>> requests;
  Duration runtime{};
  int exit_code = 0;
  std::string log_path;  // empty: no log

  // A check that was wanted and could not be made is a failed one; none where nothing began.
  CheckVerdict verdict() const;
  // Exit code 0 or 2, and the check did not fail.
  bool job_succeeded() const;
  std::uint64_t late() const;
};

// The verbatim lines of a verdict.
inline constexpr std::string_view kCheckSuccess = "data integrity check success";
inline constexpr std::string_view kCheckFail = "data integrity check fail";
inline constexpr std::string_view kJobSuccess = "job success";
inline constexpr std::string_view kJobFail = "job fail";

// The counts, one fact a line: what was done, what each side holds, how the check went, what would
// mend it. The human summary and the log share them.
std::vector<std::string> summary_lines(const RunReport& report);

}  // namespace s3ferry

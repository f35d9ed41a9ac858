#pragma once

#include "base/error.h"

namespace s3ferry {

// What the process ends with: the aws CLI's numbers, so that scripts keep working.
enum class ExitCode : int {
  kSuccess = 0,
  kFailure = 1,        // sync, verify: something failed after the start; ls: nothing found
  kWarning = 2,        // something was skipped with a warning
  kInterrupted = 130,  // SIGINT, SIGTERM
  kUsage = 252,        // the command line is wrong
  // Credentials or configuration, before any request; of sync and verify also credentials that
  // expired under way and could not be renewed.
  kConfiguration = 253,
  kService = 254,  // other commands: the service answered with an error
  kOther = 255,    // other commands: no answer, or anything else
};

// For an error of a command that is not sync or verify (those say 1 once they began).
ExitCode exit_code_of(const Error& error);

}  // namespace s3ferry

#include "cli/exit_code.h"

namespace s3ferry {

ExitCode exit_code_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kCancelled:
      return ExitCode::kInterrupted;
    case ErrorKind::kUsage:
      return ExitCode::kUsage;
    case ErrorKind::kCredentials:
    case ErrorKind::kConfig:
      return ExitCode::kConfiguration;
    default:
      break;
  }
  // A status means that the service spoke.
  return error.http_status() != 0 ? ExitCode::kService : ExitCode::kOther;
}

}  // namespace s3ferry

#include "cli/exit_code.h"

namespace s3ferry {

ExitCode exit_code_of(const Error& error) {
  // A status means that the service spoke, be it about the credentials.
  if (error.http_status() != 0) return ExitCode::kService;
  switch (error.kind()) {
    case ErrorKind::kCancelled:
      return ExitCode::kInterrupted;
    case ErrorKind::kUsage:
      return ExitCode::kUsage;
    case ErrorKind::kCredentials:
    case ErrorKind::kExpiredCredentials:
    case ErrorKind::kConfig:
      return ExitCode::kConfiguration;
    default:
      return ExitCode::kOther;
  }
}

}  // namespace s3ferry

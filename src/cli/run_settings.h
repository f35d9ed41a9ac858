#pragma once

#include <string>

#include "aws/endpoint.h"
#include "cli/options.h"
#include "transfer/pair.h"

namespace s3ferry {

// What a task is, to find its state again: both places and the services that hold them, a line
// NAME=VALUE each. Who signs, regions and budgets are not part of it.
std::string task_identity(const Location& source, const aws::EndpointParams& source_endpoint,
                          const Location& target, const aws::EndpointParams& target_endpoint);

// All that changes what a sync does with which object, as lines FLAG=VALUE in a fixed order; what
// has its default is left out. A run that was stopped is only gone on with under the same text, so
// what may change between its tries is not in it: --concurrency, --list-concurrency, --page-size,
// what ends it early, the check, the log, what is shown, how S3 is reached and by whom, the
// permission to --relay.
std::string run_settings(const Options& options);

// "photos-photos-new-1f3a…": a folder name for a task, readable and its own.
std::string task_folder(const Location& source, const Location& target,
                        const std::string& identity);

}  // namespace s3ferry

#include "aws/call_notes.h"

#include <algorithm>

namespace s3ferry::aws {

void CallNotes::count(std::string_view operation, bool retry) {
  const std::lock_guard lock(mutex_);
  auto found = std::find_if(counts_.begin(), counts_.end(), [&](const OperationCount& count) {
    return count.operation == operation;
  });
  if (found == counts_.end()) found = counts_.insert(found, OperationCount{operation});
  ++found->requests;
  if (retry) ++found->retries;
}

std::vector<OperationCount> CallNotes::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace s3ferry::aws

#include "transfer/counters.h"

namespace s3ferry {

std::string_view to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::kArchived:
      return "archived";
    case SkipReason::kVanished:
      return "vanished";
    case SkipReason::kChangedMeanwhile:
      return "changed-meanwhile";
    case SkipReason::kArchivedSilent:
      return "archived-silenced";
    case SkipReason::kNoTargetName:
      return "no-target-name";
    case SkipReason::kBackAtSource:
      return "back-at-source";
    case SkipReason::kWrittenMeanwhile:
      return "written-meanwhile";
    case SkipReason::kChangedAtTarget:
      return "changed-at-target";
    case SkipReason::kDeletionsRefused:
      return "deletions-refused";
    case SkipReason::kNotTried:
      return "not-tried";
    case SkipReason::kCount:
      break;
  }
  return "unknown";
}

bool is_warning(SkipReason reason) {
  return reason == SkipReason::kArchived || reason == SkipReason::kVanished ||
         reason == SkipReason::kChangedMeanwhile;
}

std::uint64_t RunCounters::warnings() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kSkipReasons; ++i)
    if (is_warning(static_cast<SkipReason>(i))) sum += skipped_because[i];
  return sum;
}

}  // namespace s3ferry

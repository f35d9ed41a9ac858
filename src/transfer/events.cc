#include "transfer/events.h"

namespace s3ferry {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::kCopying:
      return "copying";
    case Phase::kDeleting:
      return "deleting";
    case Phase::kChecking:
      return "checking";
  }
  return "unknown";
}

std::string_view to_string(WarningKind kind) {
  switch (kind) {
    case WarningKind::kConditionIgnored:
      return "condition-ignored";
    case WarningKind::kNoConditionalWrites:
      return "no-conditional-writes";
    case WarningKind::kDeletionsRefused:
      return "deletions-refused";
    case WarningKind::kListingFailed:
      return "listing-failed";
    case WarningKind::kCopiedAs:
      return "copied-as";
    case WarningKind::kSlowedDown:
      return "slowed-down";
    case WarningKind::kNetworkFailing:
      return "network-failing";
    case WarningKind::kOutOfFiles:
      return "out-of-files";
    case WarningKind::kNotReproducible:
      return "not-reproducible";
    case WarningKind::kAllAttributes:
      return "all-attributes";
    case WarningKind::kSettling:
      return "settling";
    case WarningKind::kDraining:
      return "draining";
    case WarningKind::kBudgets:
      return "budgets";
    case WarningKind::kNothingAtSource:
      return "nothing-at-source";
    case WarningKind::kOther:
      return "other";
  }
  return "unknown";
}

bool is_note(WarningKind kind) {
  return kind == WarningKind::kAllAttributes || kind == WarningKind::kCopiedAs ||
         kind == WarningKind::kBudgets;
}

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kMissingAtTarget:
      return "missing";
    case DifferenceKind::kExtraAtTarget:
      return "extra";
    case DifferenceKind::kSizeDiffers:
      return "size";
    case DifferenceKind::kEtagDiffers:
      return "etag";
    case DifferenceKind::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace s3ferry

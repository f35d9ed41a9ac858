#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "diff/filters.h"
#include "diff/folder_markers.h"
#include "runtime/runtime.h"
#include "transfer/events.h"
#include "transfer/key_set.h"
#include "transfer/pair.h"

namespace s3ferry {

enum class CheckLevel : std::uint8_t { kEtag, kSize, kNone };
std::string_view to_string(CheckLevel level);  // "etag", "size", "none"

struct CheckOptions {
  CheckLevel level = CheckLevel::kEtag;
  Filters filters;                                      // as the sync's
  FolderMarkers folder_markers = FolderMarkers::kCopy;  // as the sync's
  bool extras_fail = false;                             // --delete
  // Objects that the sync could not transfer; more than none fails the check.
  std::uint64_t failed_objects = 0;
  // After a sync: archived objects that it left out are excused (not with
  // --force-glacier-transfer), keys that it set aside are known, and where it carried out its
  // deletions, an extra that it did not delete was at the source when it was listed: deleted there
  // since, it is late.
  bool archived_excused = false;
  bool deletions_done = false;
  const SetAside* set_aside = nullptr;
  // Changed at the source at or after this: late, outside the verdict. None: nothing is late.
  std::optional<WallTime> as_of;
  // --settle: until then a listing that is denied is tried again.
  std::optional<TimePoint> settles_until;
  // Of the source's objects in key order, the first part that must match: (0, 1].
  double threshold = 1.0;
  std::size_t list_concurrency = 64;
  std::size_t head_concurrency = 32;
  std::uint32_t page_size = 1000;
  std::size_t kept_differences = 1000;  // the rest goes only to the sink
  std::size_t heads_per_cause = 100;    // differing ETags looked at, of one cause
};

struct Difference {
  DifferenceKind kind;
  ObjectKey key;  // relative to the prefixes
  std::optional<ByteCount> source_size, target_size;
  std::string source_etag, target_etag;
  bool late = false;
  bool excused = false;
};

struct CheckCounters {
  Tally source, target;  // listed and not filtered away
  Tally excluded_source, excluded_target;
  Tally markers_source, markers_target;  // folder markers, thereof (or ignored, by the option)
  std::uint64_t matched = 0;             // all of those below
  std::uint64_t by_etag = 0;             // identical ETag
  std::uint64_t by_size = 0;             // --check size
  std::uint64_t by_size_encrypted = 0;   // encrypted by a key: the ETag says nothing
  std::uint64_t by_size_layout = 0;      // another part layout: the ETags are not comparable
  std::uint64_t encrypted_assumed = 0;   // of by_size_encrypted: beyond the sample, not looked at
  std::uint64_t missing = 0, extra = 0, size_differs = 0, etag_differs = 0;  // within the verdict
  std::uint64_t could_not_look = 0;
  std::uint64_t late = 0;
  std::uint64_t archived = 0;          // at the source, left out by the sync: outside the verdict
  std::uint64_t archived_missing = 0;  // of missing: archived at the source
  std::uint64_t excused = 0;           // behind the threshold
  std::uint64_t extras_allowed = 0;    // extras without extras_fail
  std::uint64_t within_threshold = 0;  // the source's objects that had to match
  std::uint64_t list_pages_source = 0, list_pages_target = 0, heads = 0;
};

struct CheckResult {
  CheckLevel level = CheckLevel::kEtag;
  bool passed = false;
  CheckCounters counters;
  std::vector<Difference> differences;  // the first `kept_differences` in key order
  bool differences_cut = false;         // there were more
  std::string advice;                   // of a failed check: what would mend it; else empty
};

// Lists both sides afresh and compares whole keys, sizes and, where comparable, ETags. Only GET and
// HEAD, on both sides. An error means that the check could not be made (a listing failed), which is
// not a pass. Memory: two pages a side of
// each range that is walked, and the kept differences. level kNone is the caller's to
// handle (the result passes and says nothing).
Task<Result<CheckResult>> run_check(Runtime& runtime, const Pair& pair, const CheckOptions& options,
                                    EventSink& sink);

}  // namespace s3ferry
